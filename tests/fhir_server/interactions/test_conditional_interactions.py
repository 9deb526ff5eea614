"""conditional update and delete, update as create, HEAD."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from fhir_asking import Asking, codes, entry

from fhir_server.exchange.registry import Router
from fhir_server.exchange.request import Response, Return
from fhir_server.interactions import INTERACTIONS
from fhir_server.interactions.conditional_delete import MOST

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "http://example.org", "value": "1"}],
    "active": True,
}
URL = "/Patient?identifier=http://example.org|1"


def refusal(response: Response) -> tuple[int, str]:
    return response.status, codes(json.loads(response.body))[0]


def with_settings(fhir: Asking, **settings: bool) -> Asking:
    """The same store under other settings."""
    service = replace(fhir.service, router=Router(INTERACTIONS, ()), **settings)
    return Asking(service, fhir.runner, fhir.ids)


# -- conditional update


def test_conditional_update_without_match_creates(fhir: Asking) -> None:
    response = fhir.ask("PUT", URL, PATIENT)
    assert (response.status, response.location) == (201, "Patient/id-1/_history/1")
    assert fhir.ask("PUT", "/Patient?identifier=2", PATIENT | {"id": "mine"}).location == "Patient/mine/_history/1"


def test_conditional_update_of_the_match(fhir: Asking) -> None:
    fhir.created(PATIENT)
    response = fhir.ask("PUT", URL, PATIENT | {"active": False})
    assert (response.status, response.location) == (200, "Patient/id-1/_history/2")
    assert json.loads(response.body)["active"] is False
    assert fhir.ask("PUT", URL, PATIENT | {"id": "id-1"}).version_id == 3
    assert fhir.ask("PUT", URL, PATIENT).version_id == 3
    assert fhir.ask("PUT", URL + "&_pretty=true&_format=json", PATIENT).version_id == 3


def test_conditional_update_that_is_refused(fhir: Asking) -> None:
    fhir.created(PATIENT)
    assert refusal(fhir.ask("PUT", URL, PATIENT | {"id": "other"})) == (400, "RST-4242")
    assert refusal(fhir.ask("PUT", "/Patient?identifier=2", PATIENT | {"id": "id-1"})) == (409, "RST-4406")
    assert refusal(fhir.ask("PUT", "/Patient?identifier=2", PATIENT | {"id": "a_b"})) == (400, "RST-4103")
    assert refusal(fhir.ask("PUT", "/Patient?identifier=2", PATIENT | {"id": 1})) == (400, "RST-4103")
    assert refusal(fhir.ask("PUT", URL, {"resourceType": "Person"})) == (400, "RST-4201")
    assert refusal(fhir.ask("PUT", "/Patient", PATIENT)) == (400, "RST-4408")
    assert fhir.ask("PUT", "/Patient?colour=blue", PATIENT).status == 400
    fhir.created(PATIENT)
    assert refusal(fhir.ask("PUT", URL, PATIENT)) == (412, "RST-4205")
    assert fhir.json("GET", "/Patient/_history?_count=10")["entry"][1]["resource"]["id"] == "id-1"


def test_conditional_update_with_version(fhir: Asking) -> None:
    assert refusal(fhir.ask("PUT", URL, PATIENT, if_match='W/"1"')) == (412, "RST-4405")
    fhir.ask("PUT", URL, PATIENT)
    assert fhir.ask("PUT", URL, PATIENT | {"active": False}, if_match='W/"1"').status == 200
    assert refusal(fhir.ask("PUT", URL, PATIENT, if_match='W/"1"')) == (412, "RST-4405")


def test_conditional_update_of_a_deleted_resource_brings_it_back(fhir: Asking) -> None:
    made = fhir.created(PATIENT)
    fhir.ask("DELETE", f"/Patient/{made['id']}")
    response = fhir.ask("PUT", URL, PATIENT | {"id": made["id"]})
    assert (response.status, response.version_id) == (201, 3)


def test_conditional_update_in_a_transaction(fhir: Asking) -> None:
    urn = "urn:uuid:0c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b11"
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": urn},
    }
    for status, version in (("201 Created", 1), ("200 OK", 2)):
        patient = PATIENT | {"active": version == 1}
        response = fhir.transact(entry("PUT", URL[1:], patient, urn), entry("POST", "Observation", observation))
        told = json.loads(response.body)["entry"][0]["response"]
        assert told["status"] == status
        assert told["location"].endswith(f"/_history/{version}")
        assert (
            json.loads(fhir.ask("GET", "/Observation?_sort=-_lastUpdated&_count=1").body)["entry"][0]["resource"][
                "subject"
            ]["reference"]
            == told["location"].partition("/_history")[0]
        )
    twice = [entry("PUT", "Patient?identifier=2", PATIENT), entry("PUT", "Patient?identifier=2", PATIENT)]
    assert refusal(fhir.transact(*twice)) == (400, "RST-4304")


# -- conditional delete


def test_conditional_delete_of_one(fhir: Asking) -> None:
    made = fhir.created(PATIENT)
    assert fhir.ask("DELETE", URL).status == 204
    assert fhir.ask("GET", f"/Patient/{made['id']}").status == 410
    nothing = fhir.ask("DELETE", URL)
    assert (nothing.status, nothing.body) == (204, b"")
    told = fhir.ask("DELETE", URL, returns=Return.OUTCOME)
    assert (told.status, codes(json.loads(told.body))) == (200, ["RST-4217"])


def test_conditional_delete_needs_criteria(fhir: Asking) -> None:
    fhir.created(PATIENT)
    several = with_settings(fhir, delete_multiple=True)
    for url in ("/Patient", "/Patient?", "/Patient?_format=json", "/Patient?colour=blue", "/Patient?_count=1"):
        assert fhir.ask("DELETE", url).status == 400
        assert several.ask("DELETE", url, strict=False).status == 400
    assert fhir.json("GET", "/Patient?_summary=count")["total"] == 1


def test_conditional_delete_of_several_is_refused_by_default(fhir: Asking) -> None:
    fhir.created(PATIENT)
    fhir.created(PATIENT)
    assert refusal(fhir.ask("DELETE", URL)) == (412, "RST-4205")
    assert refusal(fhir.transact(entry("DELETE", URL[1:]))) == (412, "RST-4205")
    assert fhir.json("GET", "/Patient?_summary=count")["total"] == 2


def test_conditional_delete_of_several(fhir: Asking) -> None:
    for _ in range(3):
        fhir.created(PATIENT)
    kept = fhir.created(PATIENT | {"identifier": [{"value": "2"}]})
    several = with_settings(fhir, delete_multiple=True)
    response = several.ask("DELETE", URL, returns=Return.OUTCOME)
    assert (response.status, codes(json.loads(response.body))) == (200, ["RST-4214"] * 3)
    assert [row["resource"]["id"] for row in fhir.json("GET", "/Patient")["entry"]] == [kept["id"]]
    assert several.ask("DELETE", URL).status == 204


def test_conditional_delete_of_several_in_a_transaction(fhir: Asking) -> None:
    made = [fhir.created(PATIENT) for _ in range(3)]
    several = with_settings(fhir, delete_multiple=True)
    clash = entry("PUT", f"Patient/{made[2]['id']}", PATIENT | {"id": made[2]["id"]})
    assert refusal(several.transact(entry("DELETE", URL[1:]), clash)) == (400, "RST-4304")
    response = several.transact(
        entry("POST", "Patient", PATIENT), entry("DELETE", URL[1:]), entry("DELETE", "Patient?identifier=9")
    )
    statuses = [row["response"]["status"] for row in json.loads(response.body)["entry"]]
    assert statuses == ["201 Created", "204 No Content", "204 No Content"]
    assert fhir.json("GET", "/Patient?_summary=count")["total"] == 1


def test_too_many_matches_are_not_deleted_in_part(fhir: Asking) -> None:
    few = [entry("POST", "Patient", PATIENT) for _ in range(MOST + 1)]
    assert fhir.transact(*few).status == 200
    assert refusal(with_settings(fhir, delete_multiple=True).ask("DELETE", URL)) == (403, "RST-4244")
    assert fhir.json("GET", "/Patient?_summary=count")["total"] == MOST + 1


# -- update as create


def test_update_creates_nothing_where_clients_may_not_choose_ids(fhir: Asking) -> None:
    closed = with_settings(fhir, update_create=False)
    refused = closed.ask("PUT", "/Patient/new", PATIENT | {"id": "new"})
    assert refusal(refused) == (405, "RST-4241")
    assert refused.allowed == "DELETE, GET, HEAD, PATCH, PUT"
    assert refusal(closed.ask("PUT", URL, PATIENT | {"id": "new"})) == (405, "RST-4241")
    assert refusal(closed.transact(entry("PUT", "Patient/new", PATIENT | {"id": "new"}))) == (405, "RST-4241")
    assert closed.ask("PUT", URL, PATIENT).status == 201
    made = json.loads(closed.ask("GET", URL).body)["entry"][0]["resource"]
    assert closed.ask("PUT", f"/Patient/{made['id']}", made | {"active": False}).status == 200
    closed.ask("DELETE", f"/Patient/{made['id']}")
    assert closed.ask("PUT", f"/Patient/{made['id']}", made).status == 201


@pytest.mark.parametrize(
    ("settings", "update_create", "conditional_delete"),
    [({}, True, "single"), ({"update_create": False, "delete_multiple": True}, False, "multiple")],
)
def test_capability_statement_tells_the_settings(
    fhir: Asking, settings: dict[str, bool], update_create: bool, conditional_delete: str
) -> None:
    statement = with_settings(fhir, **settings).json("GET", "/metadata")
    assert statement["patchFormat"] == ["application/json-patch+json", "application/fhir+json", "application/fhir+xml"]
    row = statement["rest"][0]["resource"][0]
    assert (row["updateCreate"], row["conditionalDelete"]) == (update_create, conditional_delete)
    assert (row["conditionalCreate"], row["conditionalUpdate"], row["conditionalRead"]) == (True, True, "full-support")
    assert "patch" in {interaction["code"] for interaction in row["interaction"]}


# -- HEAD


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_head_in_a_bundle_brings_no_resource(fhir: Asking, kind: str) -> None:
    made = fhir.created(PATIENT)
    url = f"Patient/{made['id']}"
    response = fhir.transact(entry("HEAD", url), entry("GET", url), kind=kind)
    head, get = json.loads(response.body)["entry"]
    assert ("resource" in head, get["resource"]["id"]) == (False, made["id"])
    assert head["response"] == get["response"]
    none = fhir.transact(entry("HEAD", url), entry("HEAD", "Patient/none"), kind=kind)
    if kind == "transaction":
        assert none.status == 404
    else:
        assert json.loads(none.body)["entry"][1]["response"]["status"] == "404 Not Found"
