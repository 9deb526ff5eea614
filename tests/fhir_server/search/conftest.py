"""What the search tests share: one indexer, and a search that is judged by the meaning of the predicates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

#: The search tests share ``search_samples``, which is no test module.
sys.path.insert(0, str(Path(__file__).parent))

from conformance.definitions import Definitions
from fhir_server.search import Indexer, SearchRegistry, parse_search
from fhir_server.store.meaning import Subject, holds

BASE = "https://here.example/fhir"

#: (resource, name, value) -> whether a search of its type finds it
Finds = Callable[[dict[str, Any], str, str], bool]


@pytest.fixture(scope="session")
def indexer(definitions: Definitions) -> Indexer:
    return Indexer(definitions, base_url=BASE)


@pytest.fixture(scope="session")
def worded(definitions: Definitions) -> Indexer:
    """One that indexes words."""
    return Indexer(definitions, base_url=BASE, registry=SearchRegistry(definitions, full_text=True))


@pytest.fixture(scope="session")
def finds(worded: Indexer) -> Finds:
    return finder(worded)


def finder(indexer: Indexer) -> Finds:
    def search(resource: dict[str, Any], name: str, value: str) -> bool:
        of_type = resource["resourceType"]
        asked = parse_search(of_type, [(name, value)], indexer.registry, base_url=BASE, now=0)
        subject = Subject(resource.get("id", "x"), 0, indexer.entries(resource), frozenset(), of_type)
        return holds(asked.query.where, subject)

    return search
