"""A repository over each engine."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.definitions import Definitions
from fhir_server.repository import Repository
from fhir_server.search import Indexer, SearchRequest, parse_search
from fhir_server.store import open_store
from fhir_server.store.protocol import Unit, Written

BASE = "https://here.example/fhir"


class Records:
    """A repository asked in plain calls."""

    def __init__(self, repository: Repository, runner: asyncio.Runner) -> None:
        self.repository = repository
        self.run = runner.run

    def put(self, type: str, id: str, **content: Any) -> Written:
        resource = {"resourceType": type, "id": id, **content}
        ((written,),) = self.run(self.repository.transact([Unit((self.repository.write(resource),))]))
        return written

    def delete(self, type: str, id: str) -> Written:
        ((written,),) = self.run(self.repository.transact([Unit((self.repository.deletion(type, id),))]))
        return written

    def asked(self, type: str | None, *pairs: tuple[str, str]) -> SearchRequest:
        return parse_search(type, pairs, self.repository.registry, base_url=BASE)


@pytest.fixture(scope="session")
def indexer(definitions: Definitions) -> Indexer:
    return Indexer(definitions, base_url=BASE)


@pytest.fixture(params=["memory", "sqlite"])
def records(
    request: pytest.FixtureRequest, tmp_path: Path, definitions: Definitions, indexer: Indexer
) -> Iterator[Records]:
    ticks = itertools.count(1_700_000_000_000_000, 1_000_000)
    url = {"memory": "memory:", "sqlite": f"sqlite://{tmp_path}/store.sqlite"}[request.param]
    with asyncio.Runner() as runner:
        store = runner.run(open_store(url, clock=lambda: next(ticks)))
        yield Records(Repository(store, indexer, definitions, cursor_key=b"test"), runner)
        runner.run(store.close())
