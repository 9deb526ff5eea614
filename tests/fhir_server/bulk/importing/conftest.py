"""Imports into stores on disk and in memory, done by a worker of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from export_asking import Ticks
from fhir_asking import NOW
from mongo_server import one_node

from fhir_server.bulk.exporting.places import Directory
from fhir_server.bulk.importing.fetching import Fetcher
from fhir_server.bulk.importing.kind import ImportKind
from fhir_server.bulk.importing.order import IMPORT, Input, Level, Order
from fhir_server.bulk.importing.sources import inputs_of
from fhir_server.bulk.importing.state import State, state_of
from fhir_server.installation import Installation
from fhir_server.jobs import Board, Job, Worker
from fhir_server.settings import Settings
from fhir_server.store import open_store
from fhir_server.store.protocol import Store, Version

Row = dict[str, Any]


@dataclass
class Imports:
    """One store, and imports into it."""

    runner: asyncio.Runner
    store: Store
    folder: Path
    url: str
    fetcher: Fetcher = field(default_factory=lambda: Fetcher(frozenset(), 10_000_000))
    count: int = 0

    @property
    def kind(self) -> ImportKind:
        async def installed() -> Installation:
            return Installation(bytes(32), "http://example.vn")

        place, spool = Directory(self.folder / "errors"), self.folder / "spool"
        settings = Settings(store=self.url, load_workers=1)
        return ImportKind(self.store, settings, place, spool, self.fetcher, installed, Ticks(NOW))

    def add(self, order: Order) -> str:
        self.count += 1
        name = f"job{self.count}"
        self.runner.run(Board(self.store).add(name, IMPORT, msgspec.to_builtins(order), NOW))
        return name

    def drained(self, name: str) -> Job:
        worker = Worker(Board(self.store), {IMPORT: self.kind}, Ticks(NOW), "w")
        self.runner.run(worker.drain())
        job: Job = self.runner.run(Board(self.store).find(name))
        return job

    def done(self, *paths: Path, validation: Level = Level.STRUCTURE, **more: Any) -> tuple[Job, State]:
        return self.ordered(inputs_of(paths), validation=validation, **more)

    def ordered(self, inputs: tuple[Input, ...], **more: Any) -> tuple[Job, State]:
        job = self.drained(self.add(Order(inputs=inputs, **more)))
        assert job.state == "completed", job.issues
        assert job.outcome
        return job, state_of(job.outcome)

    def outcomes(self, state: State) -> list[Row]:
        names = [one.file.name for one in state.errors or ()]
        return [
            json.loads(line) for name in names for line in (self.folder / "errors" / name).read_bytes().splitlines()
        ]

    def versions(self) -> list[Version]:
        page = self.runner.run(self.store.history((), None, limit=100_000))
        return list(page.versions)

    def written(self, name: str, *rows: Row | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(
            b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)
        )
        return path


@pytest.fixture(params=["memory", "sqlite"])
def imports(request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path: Path) -> Iterator[Imports]:
    url = "memory:" if request.param == "memory" else f"sqlite://{tmp_path}/store.sqlite"
    store = runner.run(open_store(url))
    yield Imports(runner, store, tmp_path, url)
    runner.run(store.close())


@pytest.fixture(params=["mongodb", "mongita"])
def other_imports(request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path: Path) -> Iterator[Imports]:
    database = f"i{uuid4().hex}"
    url = f"mongita://{tmp_path}/trial" if request.param == "mongita" else one_node().url(database)
    store = runner.run(open_store(url))
    yield Imports(runner, store, tmp_path, url)
    runner.run(store.close())
    if request.param == "mongodb":
        one_node().drop(database)
