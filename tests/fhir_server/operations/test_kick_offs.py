"""Kick-offs of every kind: how many jobs may be open at a time, and what the statement says of the guide."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from fhir_asking import NOW, Asking
from http_edge import Edge

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


def test_without_a_limit_all_are_taken(fhir: Asking, http: Edge) -> None:
    assert fhir.service.job_limit == 0
    assert [http.send("GET", "/$export", headers=ASYNC).status for _ in range(5)] == [202] * 5


def test_the_statement_instantiates_that_of_the_guide(fhir: Asking) -> None:
    told = fhir.json("GET", "/metadata")
    assert told["instantiates"] == ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"]
