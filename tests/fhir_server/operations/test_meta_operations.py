"""$meta, $meta-add and $meta-delete over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import Asking, codes
from http_edge import FHIR_JSON, Edge

TAG = {"system": "http://example.org/tags", "code": "a", "display": "A"}
OTHER = {"system": "http://example.org/tags", "code": "b"}
LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
PROFILE = "http://hl7.org/fhir/StructureDefinition/Patient"


@pytest.fixture
def patient(fhir: Asking) -> Asking:
    fhir.ask("PUT", "/Patient/p", {"resourceType": "Patient", "id": "p", "active": True, "meta": {"tag": [TAG]}})
    return fhir


def parameters(**meta: Any) -> bytes:
    return json.dumps({"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": meta}]}).encode()


def returned(answer: Any) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    (row,) = answer.json()["parameter"]
    assert row["name"] == "return"
    return row["valueMeta"]


def test_meta_of_an_instance(patient: Asking, http: Edge) -> None:
    meta = returned(http.send("GET", "/Patient/p/$meta"))
    assert (meta["versionId"], meta["tag"]) == ("1", [TAG])


def test_adding_makes_a_version_with_what_was_missing(patient: Asking, http: Edge) -> None:
    body = parameters(tag=[TAG | {"display": "another"}, OTHER, OTHER], security=[LABEL], profile=[PROFILE])
    answer = http.send("POST", "/Patient/p/$meta-add", body, FHIR_JSON)
    meta = returned(answer)
    assert (meta["tag"], meta["security"], meta["profile"]) == ([TAG, OTHER], [LABEL], [PROFILE])
    assert (meta["versionId"], answer.headers["etag"]) == ("2", 'W/"2"')
    stored = patient.json("GET", "/Patient/p")
    assert (stored["meta"], stored["active"]) == (meta, True)
    assert [row["resource"]["id"] for row in patient.json("GET", "/Patient?_tag=b")["entry"]] == ["p"]


def test_adding_what_is_there_changes_nothing(patient: Asking, http: Edge) -> None:
    assert returned(http.send("POST", "/Patient/p/$meta-add", parameters(tag=[TAG]), FHIR_JSON))["versionId"] == "1"


def test_deleting_takes_out_what_is_there(patient: Asking, http: Edge) -> None:
    body = parameters(tag=[{"system": TAG["system"], "code": "a"}, OTHER], profile=[PROFILE])
    meta = returned(http.send("POST", "/Patient/p/$meta-delete", body, FHIR_JSON))
    assert "tag" not in meta
    assert patient.json("GET", "/Patient/p")["meta"] == meta
    assert patient.json("GET", "/Patient?_tag=a")["total"] == 0


def test_what_is_in_use_at_a_type_and_the_system(patient: Asking, http: Edge) -> None:
    patient.ask("PUT", "/Patient/q", {"resourceType": "Patient", "id": "q", "meta": {"tag": [TAG, OTHER]}})
    patient.ask("PUT", "/Group/g", {"resourceType": "Group", "id": "g", "type": "person", "actual": True} | {
        "meta": {"security": [LABEL]}
    })  # fmt: skip
    assert returned(http.send("GET", "/Patient/$meta")) == {"tag": [TAG, OTHER]}
    assert returned(http.send("GET", "/$meta")) == {"tag": [TAG, OTHER], "security": [LABEL]}
    assert http.send("GET", "/Device/$meta").json() == {"resourceType": "Parameters"}


def test_if_match_must_hold(patient: Asking, http: Edge) -> None:
    headers = FHIR_JSON | {"if-match": 'W/"7"'}
    answer = http.send("POST", "/Patient/p/$meta-add", parameters(tag=[OTHER]), headers)
    assert (answer.status, codes(answer.json())) == (412, ["RST-4405"])
    headers["if-match"] = 'W/"1"'
    assert http.send("POST", "/Patient/p/$meta-add", parameters(tag=[OTHER]), headers).status == 200


@pytest.mark.parametrize(
    ("asked", "body", "status"),
    [
        ("GET /Patient/none/$meta", b"", 404),
        ("GET /Patient/p/$meta-add", b"", 405),
        ("POST /Patient/none/$meta-add", parameters(tag=[TAG]), 404),
        ("POST /Patient/p/$meta-add", b'{"resourceType":"Parameters"}', 400),
        ("POST /Patient/p/$meta-add", parameters(tag="a"), 400),
        ("POST /Patient/p/$meta-add", parameters(tag=[{"system": 5}]), 422),
        ("POST /Patient/$meta-add", parameters(tag=[TAG]), 404),
    ],
)
def test_refusals(patient: Asking, http: Edge, asked: str, body: bytes, status: int) -> None:
    answer = http.send(*asked.split(" "), body, FHIR_JSON)
    assert answer.status == status, answer.body
    assert answer.json()["resourceType"] == "OperationOutcome"
