"""What the search tests share: one indexer, and a search that is judged by the meaning of the predicates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.definitions import Definitions
from fhir_server.search import Indexer, parse_search
from fhir_server.store.query import Subject, holds

BASE = "https://here.example/fhir"

#: (resource, name, value) -> whether a search of its type finds it
Finds = Callable[[dict[str, Any], str, str], bool]


@pytest.fixture(scope="session")
def indexer(definitions: Definitions) -> Indexer:
    return Indexer(definitions, base_url=BASE)


@pytest.fixture(scope="session")
def finds(indexer: Indexer) -> Finds:
    def search(resource: dict[str, Any], name: str, value: str) -> bool:
        asked = parse_search(resource["resourceType"], [(name, value)], indexer.registry, base_url=BASE, now=0)
        return holds(asked.query.where, Subject(resource.get("id", "x"), 0, indexer.entries(resource)))

    return search
