"""Kick-offs of every kind: how many jobs may be open at a time, and what the statement says of the guide."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from fhir_asking import BASE, NOW, Asking
from http_edge import Edge

from conformance.errors import TooMany
from fhir_server.bulk.importing.uploads import space_of
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import status_of
from fhir_server.exchange.request import Request
from fhir_server.exchange.url import parse_path
from fhir_server.jobs import Board
from fhir_server.rest import FhirApplication

ASYNC = {"prefer": "respond-async"}
KICK_OFFS = {
    "/$export": b"",
    "/Patient/$export": b"",
    "/$import": b'{"resourceType":"Patient","id":"p"}\n',
    "/$reindex": b"",
}


@pytest.fixture
def limited(fhir: Asking) -> Edge:
    app = FhirApplication()
    app.service = replace(fhir.service, job_limit=2)
    return Edge(app, fhir.runner.run)


@pytest.mark.parametrize("path", KICK_OFFS)
def test_more_than_may_be_open_have_to_wait(fhir: Asking, limited: Edge, path: str) -> None:
    board = Board(fhir.service.repository.store)
    for name in ("a", "b"):
        fhir.runner.run(board.add(name, "export", {}, NOW))
    headers = ASYNC | {"content-type": "application/fhir+ndjson"}
    answer = limited.send("POST", path, KICK_OFFS[path], headers)
    assert (answer.status, answer.headers["retry-after"]) == (429, "30")
    [issue] = json.loads(answer.body)["issue"]
    assert (issue["code"], issue["details"]["coding"][0]["code"]) == ("throttled", "BLK-6306")
    fhir.runner.run(board.cancel("a", NOW))
    assert limited.send("POST", path, KICK_OFFS[path], headers).status == 202
    assert limited.send("POST", path, KICK_OFFS[path], headers).status == 429


@pytest.mark.parametrize(
    "path",
    [
        "/$export",
        "/Patient/$export",
        "/Group/g/$export",
        "/$viewdefinition-export",
        "/ViewDefinition/v/$export",
        "/$import",
        "/$reindex",
    ],
)
def test_head_starts_no_job(fhir: Asking, http: Edge, path: str) -> None:
    answer = http.send("HEAD", path, headers=ASYNC)
    assert (answer.status, "HEAD" in answer.headers["allow"]) == (405, False)
    assert fhir.runner.run(open_jobs(fhir)) == []


async def open_jobs(fhir: Asking) -> list[str]:
    return [job.id async for job in Board(fhir.service.repository.store).all()]


def test_of_several_at_once_as_many_are_taken_as_may_be_and_no_upload_stays_behind(fhir: Asking) -> None:
    service = replace(fhir.service, job_limit=2)
    store = service.repository.store

    async def kick_off(number: int) -> int:
        target = parse_path("/$import", service.definitions.is_resource)
        body = b'{"resourceType":"Patient","id":"p"}\n'
        request = Request("POST", target, body=body, media_type="application/fhir+ndjson", is_async=True)
        try:
            return (await service.answer(Context(NOW, lambda: f"job{number}", BASE, "en"), request)).status
        except TooMany as error:
            return status_of(error)

    async def kick_offs() -> list[int]:
        return await asyncio.gather(*(kick_off(number) for number in range(6)))

    async def uploads() -> int:
        return len([name for number in range(6) async for name in store.records(space_of(f"job{number}"))])

    assert sorted(fhir.runner.run(kick_offs())) == [202] * 2 + [429] * 4
    assert fhir.runner.run(uploads()) == 2


def test_without_a_limit_all_are_taken(fhir: Asking, http: Edge) -> None:
    assert fhir.service.job_limit == 0
    assert [http.send("GET", "/$export", headers=ASYNC).status for _ in range(5)] == [202] * 5


def test_the_statement_instantiates_that_of_the_guide(fhir: Asking) -> None:
    told = fhir.json("GET", "/metadata")
    assert told["instantiates"] == ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"]
