"""Asks for exports in process, does them, and says from all versions of the store what they should hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhir_asking import Asking

from fhir_server.bulk.exporting.kind import ExportKind
from fhir_server.bulk.exporting.manifest import manifest
from fhir_server.bulk.exporting.order import EXPORT
from fhir_server.bulk.exporting.places import Directory, Place
from fhir_server.jobs import Board, Job, Worker
from fhir_server.search import Indexer
from fhir_server.store.protocol import Store, Version

Row = dict[str, Any]
KEEP = 24 * 3600 * 1_000_000


@dataclass
class Ticks:
    """A clock of workers that moves a little at each look."""

    now: int
    step: int = 1000

    def __call__(self) -> int:
        self.now += self.step
        return self.now


@dataclass
class Exports:
    """Export jobs of a service, written to a folder."""

    fhir: Asking
    folder: Path
    clock: Ticks
    size: int = 3000
    place: Place | None = None

    @property
    def store(self) -> Store:
        return self.fhir.service.repository.store

    @property
    def board(self) -> Board:
        return Board(self.store)

    @property
    def kind(self) -> ExportKind:
        async def indexed() -> Indexer:
            return self.fhir.service.repository.indexer

        return ExportKind(self.store, indexed, self.place or Directory(self.folder), self.clock, self.size)

    def worker(self, name: str = "w") -> Worker:
        return Worker(self.board, {EXPORT: self.kind}, self.clock, name, keep=KEEP)

    def asked(self, url: str, parameters: list[Row] | None = None, **how: Any) -> str:
        """Kick off; the job's id."""
        body = None if parameters is None else {"resourceType": "Parameters", "parameter": parameters}
        response = self.fhir.ask("GET" if body is None else "POST", url, body, is_async=True, **how)
        assert response.status == 202, response.body
        [(name, location)] = response.headers
        assert name == "content-location"
        return location.rpartition("/")[2]

    def refused(self, url: str, parameters: list[Row] | None = None, **how: Any) -> list[Row]:
        """The issues of a kick-off that is refused."""
        body = None if parameters is None else {"resourceType": "Parameters", "parameter": parameters}
        how = {"is_async": True} | how
        response = self.fhir.ask("GET" if body is None else "POST", url, body, **how)
        assert response.status in (400, 404, 410), response.status
        issues: list[Row] = json.loads(response.body)["issue"]
        return issues

    def job(self, id: str) -> Job:
        found: Job = self.fhir.runner.run(self.board.find(id))
        return found

    def done(self, url: str, parameters: list[Row] | None = None, **how: Any) -> Exported:
        """Kick off and see it through."""
        job = self.asked(url, parameters, **how)
        assert self.fhir.runner.run(self.worker().drain()) == 1
        return self.exported(job)

    def exported(self, id: str) -> Exported:
        job = self.job(id)
        assert job.state == "completed", (job.state, job.issues)
        body, is_final = manifest(job, "http://x")
        assert is_final
        return Exported(job, body, self.folder / id)


@dataclass
class Exported:
    """A complete export. ``manifest`` has all files, whatever the pages."""

    job: Job
    manifest: Row
    folder: Path

    def rows(self, part: str = "output") -> list[Row]:
        return [json.loads(line) for line in self.lines(part)]

    def lines(self, part: str = "output") -> list[bytes]:
        return [
            line
            for item in self.manifest[part]
            for line in (self.folder / item["url"].rpartition("/")[2]).read_bytes().splitlines()
        ]

    @property
    def names(self) -> list[str]:
        return sorted(f"{row['resourceType']}/{row['id']}" for row in self.rows())

    @property
    def deleted(self) -> list[str]:
        return sorted(entry["request"]["url"] for row in self.rows("deleted") for entry in row["entry"])

    @property
    def at(self) -> int:
        outcome = self.job.outcome
        assert outcome
        at: int = outcome["at"]
        return at


async def at_time(store: Store, at: int) -> list[Version]:
    """The version of every key that was the newest at a time, deletions included."""
    newest: dict[object, Version] = {}
    page = await store.history((), None, limit=5000)
    while True:
        for version in page.versions:
            if version.last_updated <= at and version.key not in newest:
                newest[version.key] = version
        if page.next is None:
            return list(newest.values())
        page = await store.history((), None, limit=5000, cursor=page.next)


def expected_lines(versions: Iterable[Version], meant: Callable[[Version, Row], bool]) -> list[bytes]:
    """The bytes of the live ones that are meant, sorted."""
    return sorted(v.body for v in versions if not v.is_deleted and meant(v, json.loads(v.body)))
