"""Observation/$lastn over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import Asking, codes
from http_edge import FHIR_JSON, Edge
from hypothesis import given
from hypothesis import strategies as st

from fhir_server.operations.lastn import groups

LOINC, LOCAL = "http://loinc.org", "http://example.org/local"
VITAL = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}


def put(fhir: Asking, id: str, day: int | None, *codings: tuple[str, str], text: str = "", subject: str = "p") -> None:
    code: dict[str, Any] = {"coding": [{"system": system, "code": code} for system, code in codings]} if codings else {}
    resource = {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "category": [VITAL],
        "code": code | ({"text": text} if text else {}),
        "subject": {"reference": f"Patient/{subject}"},
    }
    if day is not None:
        resource["effectiveDateTime"] = f"2026-01-{day:02}T08:00:00+07:00"
    response = fhir.ask("PUT", f"/Observation/{id}", resource)
    assert response.status == 201, response.body


@pytest.fixture
def ward(fhir: Asking) -> Asking:
    """Pulse under two codes that a third observation ties together, a temperature, texts, and another patient."""
    put(fhir, "pulse1", 1, (LOINC, "8867-4"))
    put(fhir, "pulse2", 2, (LOCAL, "HR"))
    put(fhir, "pulse3", 3, (LOINC, "8867-4"), (LOCAL, "HR"))
    put(fhir, "heat1", 1, (LOINC, "8310-5"))
    put(fhir, "heat2", 5, (LOINC, "8310-5"))
    put(fhir, "heat3", 5, (LOINC, "8310-5"))
    put(fhir, "undated", None, (LOINC, "8310-5"))
    put(fhir, "text1", 1, text="Mệt")
    put(fhir, "text2", 2, text="mệt")
    put(fhir, "else", 9, (LOINC, "8867-4"), subject="q")
    return fhir


def ids(http: Edge, query: str) -> list[str]:
    answer = http.send("GET", f"/Observation/$lastn?{query}")
    assert answer.status == 200, answer.body
    bundle = answer.json()
    assert bundle["type"] == "searchset"
    assert bundle["total"] == len(bundle.get("entry", []))
    return [row["resource"]["id"] for row in bundle.get("entry", [])]


def test_the_latest_of_each_code_and_those_as_old(ward: Asking, http: Edge) -> None:
    found = ids(http, "patient=p&category=vital-signs")
    assert found[:2] == ["heat3", "heat2"]
    assert found[2:] == ["pulse3", "text2", "text1"]


def test_a_subject_is_the_same_however_it_is_written(fhir: Asking, http: Edge) -> None:
    put(fhir, "first", 1, (LOINC, "8867-4"))
    put(fhir, "second", 2, (LOINC, "8867-4"), subject="p/_history/1")
    assert ids(http, "patient=Patient/p&category=vital-signs") == ["second"]


def test_max_counts_in_each_group(ward: Asking, http: Edge) -> None:
    found = ids(http, "patient=p&code=8867-4,HR,8310-5&max=3")
    assert found == ["heat3", "heat2", "pulse3", "pulse2", "heat1", "pulse1"]
    assert ids(http, "patient=p&code=8310-5&max=9")[-1] == "undated"


def test_each_subject_has_its_own(ward: Asking, http: Edge) -> None:
    assert ids(http, "subject=Patient/p,Patient/q&code=8867-4") == ["else", "pulse3"]


def test_nothing_found_is_an_empty_set(ward: Asking, http: Edge) -> None:
    assert ids(http, "patient=nobody&category=vital-signs") == []


def test_as_parameters(ward: Asking, http: Edge) -> None:
    rows = [
        {"name": "max", "valuePositiveInt": 1},
        {"name": "patient", "valueString": "p"},
        {"name": "code", "valueString": "8867-4"},
    ]
    body = json.dumps({"resourceType": "Parameters", "parameter": rows}).encode()
    answer = http.send("POST", "/Observation/$lastn", body, FHIR_JSON)
    assert [row["resource"]["id"] for row in answer.json()["entry"]] == ["pulse3"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("category=vital-signs", "RST-4604"),
        ("patient=p", "RST-4604"),
        ("patient=p&status=final", "RST-4604"),
        ("patient=p&code=x&max=0", "RST-4107"),
        ("patient=p&code=x&max=many", "RST-4107"),
        ("patient=p&code=x&_sort=date", "REQ-3001"),
        ("patient=p&code=x&colour=red", "REQ-3001"),
    ],
)
def test_refusals(ward: Asking, http: Edge, query: str, code: str) -> None:
    answer = http.send("GET", f"/Observation/$lastn?{query}")
    assert (answer.status, codes(answer.json())) == (400, [code])


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=3), max_size=12))
def test_groups_are_the_classes_of_shared_keys(keys: list[list[int]]) -> None:
    numbers = groups(keys)
    classes = [set(one) for one in keys]
    for _ in keys:
        classes = [set().union(*(other for other in classes if other & one)) for one in classes]
    for one, class_of_one in zip(numbers, classes, strict=True):
        same = [classes[place] == class_of_one for place in range(len(keys))]
        assert same == [number == one for number in numbers]
