"""Reindex jobs: posted SearchParameters come into force, wherever the job was interrupted."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from bulk_client import COMMAND, BulkClient, serving
from export_asking import Ticks
from fhir_asking import NOW
from mongo_server import one_node

from conformance.definitions import Definitions
from fhir_server.bulk import reindexing
from fhir_server.bulk.reindexing import REINDEX, Order, ReindexKind
from fhir_server.jobs import Board, Job, LeaseLost, Worker
from fhir_server.repository.in_force import in_force, parameters_of
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
from fhir_server.settings import Settings
from fhir_server.store import open_store
from fhir_server.store.protocol import Store, Unit
from fhir_server.store.query import Query, StringMode, StringTerm, TokenTerm

PARAMETER: dict[str, Any] = {
    "resourceType": "SearchParameter",
    "id": "nick",
    "url": "http://example.vn/SearchParameter/nick",
    "name": "Nick",
    "description": "Nickname",
    "status": "active",
    "code": "nick",
    "base": ["Patient"],
    "type": "token",
    "expression": "Patient.extension.where(url='http://example.vn/nick').value.ofType(code)",
}


def patient(number: int) -> dict[str, Any]:
    nick = {"url": "http://example.vn/nick", "valueCode": f"n{number % 3}"}
    return {"resourceType": "Patient", "id": f"p{number}", "extension": [nick], "name": [{"family": "An"}]}


@pytest.fixture(params=["memory", "sqlite", "mongodb", "mongita"])
def store(request: pytest.FixtureRequest, runner: asyncio.Runner, tmp_path: Path) -> Iterator[Store]:
    database = f"r{uuid4().hex}"
    urls = {"memory": "memory:", "sqlite": f"sqlite://{tmp_path}/store.sqlite", "mongita": f"mongita://{tmp_path}/t"}
    url = urls.get(request.param) or one_node().url(database)
    store = runner.run(open_store(url))
    yield store
    runner.run(store.close())
    if request.param == "mongodb":
        one_node().drop(database)


def filled(store: Store, definitions: Definitions, *more: dict[str, Any]) -> Any:
    indexer = Indexer(definitions)
    return store.transact([Unit((prepare(row, indexer),)) for row in (*map(patient, range(30)), *more)])


async def nicks(store: Store, code: str) -> list[str]:
    page = await store.search(Query(("Patient",), TokenTerm("nick", None, code)), limit=100)
    return [version.key.id for version in page.versions]


def kind(store: Store) -> ReindexKind:
    return ReindexKind(store, Settings(), Ticks(NOW), pause=0)


def done(runner: asyncio.Runner, store: Store, *types: str) -> Job:
    board = Board(store)
    runner.run(board.add("job", REINDEX, msgspec.to_builtins(Order(types)), NOW))
    runner.run(Worker(board, {REINDEX: kind(store)}, Ticks(NOW), "w").drain())
    found: Job = runner.run(board.find("job"))
    return found


def test_a_posted_parameter_finds_what_was_stored_before(store, runner, definitions):
    runner.run(filled(store, definitions, PARAMETER, {**PARAMETER, "id": "draft", "code": "d", "status": "draft"}))
    before = runner.run(store.history((), None, limit=100)).versions
    assert runner.run(nicks(store, "n1")) == []
    job = done(runner, store)
    assert (job.state, job.done, job.expected) == ("completed", 32, 32)
    assert job.outcome == {"done": 32, "parameters": [PARAMETER["url"]]}
    assert runner.run(nicks(store, "n1")) == [f"p{number}" for number in range(1, 30, 3)]
    assert runner.run(store.count(Query(("Patient",), StringTerm("family", StringMode.PREFIX, "an")))) == 30
    assert runner.run(store.history((), None, limit=100)).versions == before
    assert [row["id"] for row in parameters_of(runner.run(in_force(store)))] == ["nick"]


def test_a_type_takes_only_parameters_of_its_own(store, runner, definitions):
    other = {**PARAMETER, "id": "o", "url": "http://example.vn/o", "base": ["Basic"], "expression": "Basic.code.text"}
    runner.run(filled(store, definitions, PARAMETER, {**other, "type": "string"}))
    job = done(runner, store, "Patient")
    assert (job.done, job.expected) == (30, 30)
    assert [row["id"] for row in parameters_of(runner.run(in_force(store)))] == ["nick"]


def test_a_parameter_that_cannot_be_used_ends_the_job_before_it_begins(store, runner, definitions):
    runner.run(filled(store, definitions, {**PARAMETER, "expression": "Patient.("}))
    job = done(runner, store)
    assert job.state == "failed"
    assert runner.run(in_force(store)) == b"[]"


def test_a_job_goes_on_from_any_checkpoint(store, runner, definitions, monkeypatch):
    monkeypatch.setattr(reindexing, "_CHUNK", 7)
    runner.run(filled(store, definitions, PARAMETER))
    board = Board(store)
    runner.run(board.add("job", REINDEX, msgspec.to_builtins(Order()), NOW))

    async def stopped(after: int) -> None:
        """A worker that ends before its next checkpoint."""
        lease = await board.take([REINDEX], "w", NOW, 1)
        assert lease
        checkpoint, calls = lease.checkpoint, []

        async def counted(*given: Any, **named: Any) -> Any:
            calls.append(1)
            if len(calls) > after:
                raise KeyError
            return await checkpoint(*given, **named)

        lease.checkpoint = counted
        with pytest.raises(KeyError):
            await kind(store).run(lease)
        await lease.give_back()

    for after in (0, 1, 0, 2, 1):
        runner.run(stopped(after))
    runner.run(Worker(board, {REINDEX: kind(store)}, Ticks(NOW), "w").drain())
    job = runner.run(board.find("job"))
    assert (job.state, job.token, job.done) == ("completed", 6, 31)
    assert len(runner.run(nicks(store, "n0"))) == 10


def test_a_worker_that_stalls_across_two_jobs_puts_no_older_entries_back(store, runner, definitions, monkeypatch):
    """It has derived entries by the old parameters when it stops; meanwhile its job, and another one, are done."""
    runner.run(filled(store, definitions))
    board, ticks = Board(store), Ticks(NOW)
    has_stopped, goes_on, derived = asyncio.Event(), asyncio.Event(), reindexing.asyncio.to_thread

    async def stalled(work: Any, *given: Any) -> Any:
        found = await derived(work, *given)
        if not has_stopped.is_set():
            has_stopped.set()
            await goes_on.wait()
        return found

    monkeypatch.setattr(reindexing.asyncio, "to_thread", stalled)

    async def across() -> None:
        await board.add("old", REINDEX, msgspec.to_builtins(Order()), NOW)
        lease = await board.take([REINDEX], "slow", NOW, 1)
        assert lease
        slow = asyncio.create_task(ReindexKind(store, Settings(), lambda: NOW, pause=0).run(lease))
        await has_stopped.wait()
        ticks.now += 3_600_000_000
        worker = Worker(board, {REINDEX: ReindexKind(store, Settings(), ticks, pause=0)}, ticks, "w")
        assert await worker.drain() == 1
        await store.transact([Unit((prepare(PARAMETER, Indexer(definitions)),))])
        await board.add("new", REINDEX, msgspec.to_builtins(Order()), ticks())
        assert await worker.drain() == 1
        assert len(await nicks(store, "n0")) == 10
        goes_on.set()
        with pytest.raises(LeaseLost):
            await slow
        assert len(await nicks(store, "n0")) == 10

    runner.run(across())


@pytest.mark.slow
def test_a_running_server_takes_up_a_new_parameter(tmp_path):
    with serving(tmp_path) as base, httpx.Client(base_url=base) as http:
        for number in range(6):
            assert http.put(f"/Patient/p{number}", json=patient(number)).status_code == 201
        assert http.put("/SearchParameter/nick", json=PARAMETER).status_code == 201
        assert http.get("/Patient?nick=n1").status_code == 400
        assert http.post("/$reindex").status_code == 400
        answer = http.post("/$reindex", headers={"prefer": "respond-async"})
        assert answer.status_code == 202, answer.text
        status = asyncio.run(_ended(answer.headers["content-location"]))
        assert status["parameters"] == [PARAMETER["url"]]
        found = http.get("/Patient?nick=n1").json()
        assert sorted(entry["resource"]["id"] for entry in found["entry"]) == ["p1", "p4"]
        assert http.put("/Patient/p10", json=patient(10)).status_code == 201
        assert http.get("/Patient?nick=n1&_summary=count").json()["total"] == 3
        assert '"nick"' in json.dumps(http.get("/metadata").json())
        client = BulkClient(base, http)
        rows = client.rows(client.manifest(client.kick_off("$export?_typeFilter=Patient%3Fnick%3Dn1&_type=Patient")))
        assert sorted(row["id"] for row in rows) == ["p1", "p10", "p4"]
        command = [*COMMAND, "check", "--store", f"sqlite://{tmp_path}/store.sqlite"]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout
        bad = http.put("/SearchParameter/bad", json={**PARAMETER, "id": "bad", "code": "family"})
        assert bad.status_code == 201
        assert http.post("/$reindex", headers={"prefer": "respond-async"}).status_code == 422


async def _ended(location: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as http:
        for _ in range(300):
            answer = await http.get(location)
            if answer.status_code != 202:
                assert answer.status_code == 200, answer.text
                return dict(answer.json())
            await asyncio.sleep(0.1)
    raise AssertionError("the job did not end")
