"""$everything by time of care, and of an encounter, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fhir_asking import Asking, codes
from http_edge import Edge

from conformance.definitions import Definitions
from fhir_server.operations.care_dates import CARE_DATES

VISIT = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}


def put(fhir: Asking, type: str, id: str, **content: Any) -> None:
    response = fhir.ask("PUT", f"/{type}/{id}", {"resourceType": type, "id": id, **content})
    assert response.status == 201, response.body


@pytest.fixture
def record(fhir: Asking) -> Asking:
    subject, clinic = {"reference": "Patient/p"}, {"reference": "Organization/org"}
    put(fhir, "Patient", "p", birthDate="1950-01-01")
    put(fhir, "Organization", "org", name="Bệnh viện")
    for year in (2024, 2025):
        period = {"start": f"{year}-03-01T08:00:00+07:00", "end": f"{year}-03-03T08:00:00+07:00"}
        put(fhir, "Encounter", f"e{year}", status="finished", **{"class": VISIT}, subject=subject, period=period)
        visit = {"reference": f"Encounter/e{year}"}
        put(fhir, "Observation", f"o{year}", status="final", code={"text": "x"}, subject=subject, encounter=visit,
            effectiveDateTime=f"{year}-03-02", performer=[clinic])  # fmt: skip
    put(fhir, "Condition", "long", subject=subject, onsetDateTime="2023", abatementDateTime="2024-12")
    put(fhir, "BodyStructure", "undated", patient=subject)
    return fhir


def ids(http: Edge, url: str) -> list[str]:
    answer = http.send("GET", url)
    assert answer.status == 200, answer.body
    return [row["resource"]["id"] for row in answer.json()["entry"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("start=2025-01-01", ["p", "undated", "e2025", "o2025", "org"]),
        ("end=2024-12-31", ["p", "undated", "long", "e2024", "o2024", "org"]),
        ("start=2024-03-03&end=2024-06", ["p", "undated", "long", "e2024", "org"]),
        ("start=2023-02&end=2023-03", ["p", "undated", "long", "org"]),
        ("start=2025-03-02&end=2025-03-02&_type=Observation", ["o2025"]),
        ("start=2030", ["p", "undated", "org"]),
    ],
)
def test_care_in_a_span(record: Asking, http: Edge, query: str, expected: list[str]) -> None:
    assert ids(http, f"/Patient/p/$everything?{query}") == expected


def test_an_encounter_with_what_belongs_to_it(record: Asking, http: Edge) -> None:
    assert ids(http, "/Encounter/e2024/$everything") == ["e2024", "o2024", "org", "p"]
    assert ids(http, "/Encounter/e2024/$everything?_type=Observation,Patient") == ["o2024", "p"]


def test_an_encounter_page_by_page(record: Asking, http: Edge) -> None:
    first = http.send("GET", "/Encounter/e2024/$everything?_count=3").json()
    (following,) = [row["url"] for row in first["link"] if row["relation"] == "next"]
    assert ids(http, following.removeprefix("http://localhost/fhir")) == ["p"]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("/Patient/p/$everything?start=soon", "RST-4107"),
        ("/Patient/p/$everything?_type=Pacient", "RST-4107"),
        ("/Encounter/e2024/$everything?start=2024", "RST-4106"),
    ],
)
def test_refusals(record: Asking, http: Edge, url: str, code: str) -> None:
    answer = http.send("GET", url)
    assert (answer.status, codes(answer.json())) == (400, [code])


def test_care_dates_are_date_parameters_of_their_types(definitions: Definitions) -> None:
    for name, params in CARE_DATES.items():
        assert name in definitions.compartments["Patient"]
        assert {definitions.search_parameters[name][code].type for code in params} == {"date"}
