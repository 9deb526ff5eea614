"""Conditional writes that meet each other: judged in the lock, judged anew when they lose."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from fhir_asking import BASE, NOW, Asking, entry

from conformance.errors import FhirError
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import refusal
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.url import parse_path, query_pairs
from fhir_server.repository import Repository
from fhir_server.store.protocol import Outcome, Unit
from fhir_server.store.reference import ReferenceStore

PATIENT = {"resourceType": "Patient", "identifier": [{"system": "http://example.org", "value": "1"}]}
CRITERIA = "identifier=http://example.org|1"


def at_once(fhir: Asking, *requests: tuple[str, Any, str], method: str = "POST", **more: str) -> list[Response]:
    """Responses to requests (URL, body, If-None-Exist) that run interleaved; a failure becomes one."""

    async def one(url: str, body: Any, condition: str) -> Response:
        context = Context(NOW, lambda: f"id-{next(fhir.ids)}", BASE)
        path, _, query = url.partition("?")
        target = parse_path(path, fhir.service.definitions.is_resource)
        sent = json.dumps(body).encode()
        request = Request(method, target, query_pairs(query), sent, if_none_exist=condition, **more)  # type: ignore[arg-type]
        try:
            return await fhir.service.answer(context, request)
        except FhirError as error:
            return refusal(error, "en")

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


def addition(value: str) -> tuple[str, Any, str]:
    """A JSON Patch that adds one identifier."""
    return "/Patient/p", [{"op": "add", "path": "/identifier/-", "value": {"value": value}}], ""


JSON_PATCH = "application/json-patch+json"


def test_patches_that_meet_are_all_kept(racing: Asking) -> None:
    racing.ask("PUT", "/Patient/p", PATIENT | {"id": "p"})
    responses = at_once(racing, *(addition(str(n)) for n in range(6)), method="PATCH", media_type=JSON_PATCH)
    assert [response.status for response in responses] == [200] * 6
    found = [row["value"] for row in racing.json("GET", "/Patient/p")["identifier"]]
    assert sorted(found[1:]) == [str(n) for n in range(6)]
    assert racing.ask("GET", "/Patient/p").version_id == 7


def test_patches_of_one_named_version_are_made_once(racing: Asking) -> None:
    racing.ask("PUT", "/Patient/p", PATIENT | {"id": "p"})
    responses = at_once(
        racing, *(addition(str(n)) for n in range(5)), method="PATCH", media_type=JSON_PATCH, if_match='W/"1"'
    )
    assert sorted(response.status for response in responses) == [200] + [412] * 4
    assert len(racing.json("GET", "/Patient/p")["identifier"]) == 2


def test_patches_in_transactions_that_meet_are_all_kept(racing: Asking) -> None:
    racing.ask("PUT", "/Patient/p", PATIENT | {"id": "p"})

    def bundle(value: str) -> dict[str, Any]:
        data = b64encode(json.dumps(addition(value)[1]).encode()).decode()
        patch = entry("PATCH", "Patient/p", {"resourceType": "Binary", "contentType": JSON_PATCH, "data": data})
        return {"resourceType": "Bundle", "type": "transaction", "entry": [patch, entry("POST", "Patient", PATIENT)]}

    responses = at_once(racing, *(("/", bundle(str(n)), "") for n in range(4)))
    assert [response.status for response in responses] == [200] * 4
    assert len(racing.json("GET", "/Patient/p")["identifier"]) == 5
    assert racing.json("GET", "/Patient?_summary=count")["total"] == 5


def test_conditional_updates_that_meet_make_one_resource(racing: Asking) -> None:
    requests = [(f"/Patient?{CRITERIA}", PATIENT | {"active": n % 2 == 0}, "") for n in range(6)]
    responses = at_once(racing, *requests, method="PUT")
    assert sorted(response.status for response in responses) == [200] * 5 + [201]
    assert racing.json("GET", "/Patient?_summary=count")["total"] == 1


def test_conditional_updates_that_meet_under_one_id_agree(racing: Asking) -> None:
    """One makes it, the others find it: by their condition, or as an id that is taken."""
    requests = [(f"/Patient?{CRITERIA}", PATIENT | {"id": "mine"}, "")] * 3
    requests += [("/Patient?identifier=other", PATIENT | {"id": "mine"}, "")] * 2
    responses = at_once(racing, *requests, method="PUT")
    assert [response.status for response in responses] == [201, 200, 200, 409, 409]


def test_conditional_references_that_meet_a_new_match_are_resolved_anew(racing: Asking) -> None:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": f"Patient?{CRITERIA}"},
    }
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [entry("POST", "Observation", observation), entry("POST", "Patient", PATIENT, ifNoneExist=CRITERIA)],
    }
    responses = at_once(racing, *[("/", bundle, "")] * 4)
    assert [response.status for response in responses] == [200] * 4
    subjects = {row["resource"]["subject"]["reference"] for row in racing.json("GET", "/Observation")["entry"]}
    assert len(subjects) == 1
    assert racing.json("GET", "/Patient?_summary=count")["total"] == 1
