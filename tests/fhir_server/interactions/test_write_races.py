"""Conditional writes that meet each other: judged in the lock, judged anew when they lose."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from fhir_asking import BASE, NOW, Asking, entry

from fhir_server.exchange.context import Context
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.url import parse_path
from fhir_server.repository import Repository
from fhir_server.store.protocol import Outcome, Unit
from fhir_server.store.reference import ReferenceStore

PATIENT = {"resourceType": "Patient", "identifier": [{"system": "http://example.org", "value": "1"}]}
CRITERIA = "identifier=http://example.org|1"


def at_once(fhir: Asking, *requests: tuple[str, dict[str, Any], str]) -> list[Response]:
    """Responses to POST requests (path, body, If-None-Exist) that run interleaved."""

    async def one(path: str, body: dict[str, Any], condition: str) -> Response:
        context = Context(NOW, lambda: f"id-{next(fhir.ids)}", BASE)
        target = parse_path(path, fhir.service.definitions.is_resource)
        request = Request("POST", target, body=json.dumps(body).encode(), if_none_exist=condition)
        return await fhir.service.answer(context, request)

    async def every() -> list[Response]:
        return await asyncio.gather(*(one(*request) for request in requests))

    return fhir.runner.run(every())


class TurnTaking(ReferenceStore):
    """Makes every write wait for its turn, so that conditions are judged before others commit."""

    async def transact(self, units: Sequence[Unit]) -> list[Outcome]:
        await asyncio.sleep(0)
        return await super().transact(units)


@pytest.fixture
def racing(fhir: Asking) -> Asking:
    """A service over such a store."""
    known = fhir.service
    repository = Repository(TurnTaking(), known.repository.indexer, known.definitions, cursor_key=b"race")
    return Asking(replace(known, repository=repository), fhir.runner, fhir.ids)


def test_conditional_creates_make_one_resource(racing: Asking) -> None:
    responses = at_once(racing, *[("/Patient", PATIENT, CRITERIA)] * 8)
    assert sorted(response.status for response in responses) == [200] * 7 + [201]
    assert len({response.location for response in responses}) == 1
    assert racing.json("GET", "/Patient?_summary=count")["total"] == 1


def test_conditional_creates_in_transactions_make_one_resource(racing: Asking) -> None:
    urn = "urn:uuid:0c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b11"
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": urn},
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            entry("POST", "Patient", PATIENT, urn, ifNoneExist=CRITERIA),
            entry("POST", "Observation", observation),
        ],
    }
    responses = at_once(racing, *[("/", bundle, "")] * 6)
    assert [response.status for response in responses] == [200] * 6
    found = racing.json("GET", "/Patient")["entry"]
    assert len(found) == 1
    subjects = [row["resource"]["subject"]["reference"] for row in racing.json("GET", "/Observation")["entry"]]
    assert subjects == [f"Patient/{found[0]['resource']['id']}"] * 6


def test_update_that_lost_its_race_is_refused_not_lost(racing: Asking) -> None:
    racing.ask("PUT", "/Patient/p", PATIENT | {"id": "p"})
    first = racing.ask("PUT", "/Patient/p", PATIENT | {"id": "p", "active": True}, if_match='W/"1"')
    second = racing.ask("PUT", "/Patient/p", PATIENT | {"id": "p", "active": False}, if_match='W/"1"')
    assert (first.status, second.status) == (200, 412)
    assert racing.json("GET", "/Patient/p")["active"] is True
