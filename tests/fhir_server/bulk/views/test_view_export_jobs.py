"""Jobs that export views, in process: cancelled, expired, taken over, and answers of $run that hold their position."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from export_asking import KEEP, Ticks
from fhir_asking import NOW, Asking

from fhir_server.bulk.exporting.places import Directory
from fhir_server.bulk.views.kind import ViewExportKind
from fhir_server.bulk.views.manifest import files_of, interim, manifest
from fhir_server.bulk.views.order import VIEW_EXPORT
from fhir_server.exchange.context import Context
from fhir_server.exchange.request import Request
from fhir_server.exchange.url import Shape, Target
from fhir_server.jobs import Board, Job, Worker
from fhir_server.operations import view_run
from fhir_server.search import Indexer
from fhir_server.store.protocol import HOLDS

Row = dict[str, Any]
VIEW: Row = {
    "resourceType": "ViewDefinition",
    "name": "patients",
    "resource": "Patient",
    "select": [{"column": [{"name": "id", "path": "id"}]}],
}


class Views:
    """View exports of a service, written to a folder."""

    def __init__(self, fhir: Asking, folder: Path) -> None:
        self.fhir, self.folder, self.clock = fhir, folder, Ticks(NOW)
        self.store = fhir.service.repository.store
        self.board = Board(self.store)

    def worker(self, place: Directory | None = None, size: int = 300) -> Worker:
        async def indexed() -> Indexer:
            return self.fhir.service.repository.indexer

        kind = ViewExportKind(self.store, indexed, place or Directory(self.folder), self.clock, size)
        return Worker(self.board, {VIEW_EXPORT: kind}, self.clock, "w", keep=KEEP)

    def asked(self, *views: Row) -> str:
        rows = [{"name": "view", "part": [{"name": "viewResource", "resource": view}]} for view in views]
        body = {"resourceType": "Parameters", "parameter": rows}
        response = self.fhir.ask("POST", "/$viewdefinition-export", body, is_async=True)
        assert response.status == 202, response.body
        return response.headers[0][1].rpartition("/")[2]

    def job(self, id: str) -> Job:
        found: Job = self.fhir.runner.run(self.board.find(id))
        return found

    def held(self) -> list[str]:
        async def names() -> list[str]:
            return [name async for name, _ in self.store.records(HOLDS)]

        found: list[str] = self.fhir.runner.run(names())
        return found

    def there(self) -> list[str]:
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def views(fhir: Asking, tmp_path: Path) -> Views:
    for number in range(60):
        assert fhir.ask("PUT", f"/Patient/p{number}", {"resourceType": "Patient", "id": f"p{number}"}).status == 201
    return Views(fhir, tmp_path / "out")


def test_done_and_expired(views: Views) -> None:
    job = views.asked(VIEW, {**VIEW, "name": "devices", "resource": "Device"})
    run = views.fhir.runner.run
    assert run(views.worker().drain()) == 1
    done = views.job(job)
    assert (done.state, done.done, done.expected) == ("completed", 60, 60)
    assert [file.type for file in files_of(done)] == ["patients", "devices"]
    assert views.there() == sorted(file.name.rpartition("/")[2] for file in files_of(done))
    assert views.held() == []
    with pytest.raises(LookupError):
        manifest(done, "http://x", 2)
    views.clock.now += 2 * KEEP
    run(views.worker().sweep())
    assert (views.there(), run(_all(views))) == ([], [])


async def _all(views: Views) -> list[Job]:
    return [job async for job in views.board.all()]


def test_cancelled_before_and_after_it_began(views: Views) -> None:
    run = views.fhir.runner.run
    waiting = views.asked(VIEW)
    assert run(views.board.cancel(waiting, NOW)).state == "cancelled"
    assert run(views.worker().drain()) == 0

    class Cancelling(Directory):
        def draft(self, name: str) -> Any:
            asyncio.run(views.board.cancel(running, NOW))
            return super().draft(name)

    running = views.asked(VIEW)
    assert run(views.worker(Cancelling(views.folder), size=1).drain()) == 1
    assert views.job(running).state == "cancelled"
    assert (views.there(), views.held()) == ([], [])


def test_a_full_disk_is_tried_again_from_the_last_checkpoint(views: Views) -> None:
    run = views.fhir.runner.run

    class Full(Directory):
        def draft(self, name: str) -> Any:
            if "second" in name:
                raise OSError(28, "full")
            return super().draft(name)

    job = views.asked(VIEW, {**VIEW, "name": "second"})
    run(views.worker(Full(views.folder)).drain())
    stuck = views.job(job)
    assert (stuck.state, len(views.held())) == ("running", 1)
    assert stuck.checkpoint is not None
    assert stuck.checkpoint["walk"] == 1
    views.clock.now += 3_600_000_000
    # What is written after the position was taken is not in it, whoever goes on.
    views.fhir.ask("PUT", "/Patient/later", {"resourceType": "Patient", "id": "later"})
    run(views.worker().drain())
    done = views.job(job)
    assert (done.state, done.token) == ("completed", 2)
    rows = {file.type: (views.folder / file.name).read_bytes() for file in files_of(done)}
    assert rows["patients"] == rows["second"]
    assert len(rows["second"].splitlines()) == 60


def test_what_is_left_is_told_in_seconds(views: Views) -> None:
    job = views.job(views.asked(VIEW))
    assert b"estimated" not in json.dumps(interim(job, "http://x", NOW)).encode()
    running = job.with_(started=NOW, done=25, expected=100)
    rows = {row["name"]: row for row in interim(running, "http://x", NOW + 10_000_000)["parameter"]}
    assert rows["estimatedTimeRemaining"]["valueInteger"] == 30


def test_a_long_answer_of_run_holds_its_position_until_its_end(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_run, "_CHUNK", 10)
    monkeypatch.setattr(view_run, "_ROWS", 10)
    run, service = views.fhir.runner.run, views.fhir.service
    body = json.dumps(VIEW).encode()

    async def answer(leaves_after: int) -> list[list[str]]:
        context = Context(NOW, lambda: "x", "http://x", "")
        request = Request("POST", Target(Shape.TYPE_OPERATION, "ViewDefinition", operation="$run"), body=body)
        stream = (await view_run.handle(service, context, request)).stream
        assert stream is not None
        seen = []
        for _ in range(leaves_after):
            seen.append([name async for name, _ in views.store.records(HOLDS)])
            if await anext(stream, None) is None:
                break
        await stream.aclose()
        return seen

    # The first part writes nothing; from the second chunk on the position is held.
    for parts in (100, 3):
        seen = run(answer(parts))
        assert (seen[0], len(seen[2])) == ([], 1)
        assert views.held() == []
