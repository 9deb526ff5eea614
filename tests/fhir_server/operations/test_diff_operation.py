"""$diff over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import Asking, codes
from http_edge import FHIR_JSON, Edge

from conformance.definitions import Definitions
from conformance.patch import apply_fhirpath_patch

VERSIONS = (
    {"active": True, "name": [{"family": "Nguyễn"}]},
    {"active": False, "name": [{"family": "Nguyễn", "given": ["An"]}]},
    {"active": False, "name": [{"family": "Nguyen"}, {"text": "Tí"}], "meta": {"tag": [{"code": "x"}]}},
)


@pytest.fixture
def patient(fhir: Asking) -> Asking:
    for content in VERSIONS:
        fhir.ask("PUT", "/Patient/p", {"resourceType": "Patient", "id": "p", **content})
    fhir.ask("PUT", "/Patient/q", {"resourceType": "Patient", "id": "q", "active": True})
    fhir.ask("PUT", "/Group/g", {"resourceType": "Group", "id": "g", "type": "person", "actual": True})
    return fhir


def paths(answer: Any) -> list[tuple[str, str]]:
    assert answer.status == 200, answer.body
    rows = [{part["name"]: part for part in row["part"]} for row in answer.json().get("parameter", [])]
    return [(row["type"]["valueCode"], row["path"]["valueString"]) for row in rows]


def test_from_the_version_before_to_the_current_one(patient: Asking, http: Edge) -> None:
    assert paths(http.send("GET", "/Patient/p/$diff")) == [
        ("add", "Patient.meta"),
        ("add", "Patient"),
        ("replace", "Patient.name[0].family"),
        ("delete", "Patient.name[0].given[0]"),
    ]


def test_between_named_versions(patient: Asking, http: Edge) -> None:
    answer = http.send("GET", "/Patient/p/$diff?fromVersion=1&toVersion=2")
    assert paths(answer) == [("replace", "Patient.active"), ("add", "Patient.name[0]")]
    assert paths(http.send("GET", "/Patient/p/$diff?fromVersion=2&toVersion=2")) == []


def test_the_differences_are_a_patch(patient: Asking, http: Edge, definitions: Definitions) -> None:
    patch = http.send("GET", "/Patient/p/$diff?fromVersion=1").json()
    patched = apply_fhirpath_patch(patient.json("GET", "/Patient/p/_history/1"), patch, definitions)
    current = patient.json("GET", "/Patient/p")
    assert {**patched, "meta": 0} == {**current, "meta": 0}
    assert patched["meta"]["tag"] == current["meta"]["tag"]


def test_between_two_resources(patient: Asking, http: Edge) -> None:
    expected = [("replace", "Patient.active"), ("delete", "Patient.name[0]")]
    assert paths(http.send("GET", "/$diff?from=Patient/p/_history/2&to=http://localhost/fhir/Patient/q")) == expected
    rows = [
        {"name": "from", "valueUri": "Patient/p/_history/2"},
        {"name": "to", "resource": {"resourceType": "Patient", "active": True}},
    ]
    body = json.dumps({"resourceType": "Parameters", "parameter": rows}).encode()
    assert paths(http.send("POST", "/$diff", body, FHIR_JSON)) == expected


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("/Patient/q/$diff", 404, "RST-4402"),
        ("/Patient/none/$diff", 404, "RST-4401"),
        ("/Patient/p/$diff?fromVersion=9", 404, "RST-4402"),
        ("/$diff?from=Patient/p", 400, "RST-4601"),
        ("/$diff?from=Patient/p&to=Group/g", 400, "RST-4606"),
        ("/$diff?from=Patient/p&to=http://else.org/Patient/1", 400, "RST-4107"),
        ("/$diff?from=Patient/p&to=Pacient/1", 400, "RST-4107"),
    ],
)
def test_refusals(patient: Asking, http: Edge, url: str, status: int, code: str) -> None:
    answer = http.send("GET", url)
    assert (answer.status, codes(answer.json())) == (status, [code])


@pytest.mark.parametrize("content", [{"colour": "red"}, {"name": {"text": "a"}}, {"name": [["a"]]}, {"meta": 5}])
def test_a_resource_that_breaks_its_structure_is_refused(http: Edge, content: dict[str, Any]) -> None:
    rows = [{"name": name, "resource": {"resourceType": "Patient", **content}} for name in ("from", "to")]
    body = json.dumps({"resourceType": "Parameters", "parameter": rows}).encode()
    assert http.send("POST", "/$diff", body, FHIR_JSON).status == 422
