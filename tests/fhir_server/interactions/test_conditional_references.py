"""Conditional references: resolved in transactions, refused elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import Asking, codes, entry

PATIENT: dict[str, Any] = {"resourceType": "Patient", "identifier": [{"system": "http://example.org", "value": "1"}]}
REFERENCE = "Patient?identifier=http://example.org|1"


def observation(reference: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": reference},
        "derivedFrom": [{"reference": "Observation/none"}],
    }


def subjects(fhir: Asking) -> list[str]:
    rows = fhir.json("GET", "/Observation").get("entry", [])
    return [row["resource"]["subject"]["reference"] for row in rows]


def refusal(fhir: Asking, *entries: dict[str, Any]) -> tuple[int, str, str]:
    before = fhir.json("GET", "/_history").get("entry", [])
    response = fhir.transact(*entries)
    assert fhir.json("GET", "/_history").get("entry", []) == before
    outcome = json.loads(response.body)
    return response.status, codes(outcome)[0], outcome["issue"][0]["expression"][0]


def test_reference_to_what_is_stored(fhir: Asking) -> None:
    made = fhir.created(PATIENT)
    assert fhir.transact(*[entry("POST", "Observation", observation(REFERENCE))] * 2).status == 200
    assert subjects(fhir) == [f"Patient/{made['id']}"] * 2
    assert fhir.json("GET", f"/Observation?subject=Patient/{made['id']}&_summary=count")["total"] == 2


@pytest.mark.parametrize(
    "maker",
    [
        entry("POST", "Patient", PATIENT),
        entry("PUT", "Patient/new", PATIENT | {"id": "new"}),
        entry("PUT", "Patient/old", PATIENT | {"id": "old"}),
        entry("PUT", REFERENCE, PATIENT),
        entry("POST", "Patient", PATIENT, ifNoneExist="identifier=http://example.org|1"),
    ],
)
def test_reference_to_what_the_transaction_makes(fhir: Asking, maker: dict[str, Any]) -> None:
    fhir.ask("PUT", "/Patient/old", {"resourceType": "Patient", "id": "old"})
    response = fhir.transact(entry("POST", "Observation", observation(REFERENCE)), maker)
    assert response.status == 200, response.body
    location = json.loads(response.body)["entry"][1]["response"]["location"]
    assert subjects(fhir) == [location.partition("/_history")[0]]


def test_reference_without_a_single_match_refuses_the_transaction(fhir: Asking) -> None:
    wanting = entry("POST", "Observation", observation(REFERENCE))
    other = entry("POST", "Patient", {"resourceType": "Patient"})
    place = "Bundle.entry[1]"
    assert refusal(fhir, other, wanting) == (412, "RST-4243", place)
    fhir.created(PATIENT)
    assert refusal(fhir, entry("POST", "Patient", PATIENT), wanting) == (412, "RST-4205", place)
    fhir.created(PATIENT)
    assert refusal(fhir, other, wanting) == (412, "RST-4205", place)
    for bad, told in (("Pacient?identifier=1", (400, "REQ-3006")), ("Patient?", (400, "RST-4408"))):
        assert refusal(fhir, other, entry("POST", "Observation", observation(bad))) == (*told, place)
    unknown = entry("POST", "Observation", observation("Patient?colour=blue"))
    assert refusal(fhir, other, unknown)[0] == 400


def test_reference_never_finds_what_the_transaction_takes_away(fhir: Asking) -> None:
    made = fhir.created(PATIENT)
    wanting = entry("POST", "Observation", observation(REFERENCE))
    assert refusal(fhir, entry("DELETE", f"Patient/{made['id']}"), wanting)[:2] == (412, "RST-4243")
    changed = entry("PUT", f"Patient/{made['id']}", {"resourceType": "Patient", "id": made["id"]})
    assert refusal(fhir, changed, wanting)[:2] == (412, "RST-4243")
    replaced = [entry("DELETE", f"Patient/{made['id']}"), entry("POST", "Patient", PATIENT), wanting]
    assert fhir.transact(*replaced).status == 200
    assert subjects(fhir) != [f"Patient/{made['id']}"]


def test_conditional_reference_is_refused_outside_a_transaction(fhir: Asking) -> None:
    fhir.created(PATIENT)
    alone = fhir.ask("POST", "/Observation", observation(REFERENCE))
    assert (alone.status, codes(json.loads(alone.body))) == (422, ["RST-4212"])
    batch = fhir.transact(entry("POST", "Observation", observation(REFERENCE)), kind="batch")
    assert json.loads(batch.body)["entry"][0]["response"]["status"].startswith("422")
