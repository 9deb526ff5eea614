"""A request leaves nothing to the cycle collector, which a server runs seldom: its resources are free when it ends."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from cycles import left_behind_by
from http_edge import FHIR_JSON, Edge

XML = {"content-type": "application/fhir+xml", "accept": "application/fhir+xml"}
JSON_PATCH = {"content-type": "application/json-patch+json"}
PATIENT = {"resourceType": "Patient", "id": "p", "name": [{"family": "An"}], "gender": "male"}
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/p"},
    "valueQuantity": {"value": 1, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
}
TRANSACTION = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {"resource": PATIENT, "request": {"method": "PUT", "url": "Patient/p"}},
        {"resource": OBSERVATION, "request": {"method": "POST", "url": "Observation"}},
    ],
}
REQUESTS = [
    ("GET", "/Patient/none", b"", {}),
    ("PUT", "/Patient/p", json.dumps(PATIENT).encode(), FHIR_JSON),
    ("POST", "/Observation", json.dumps(OBSERVATION).encode(), FHIR_JSON),
    ("PUT", "/Observation/o", b'{"resourceType": "Observation", "id": "o", "status": 1}', FHIR_JSON),
    ("PUT", "/Observation/o", b'{"resourceType": "Observation"', FHIR_JSON),
    ("GET", "/Patient/p", b"", {}),
    ("GET", "/Patient?name=a&_sort=-_lastUpdated", b"", {}),
    ("GET", "/Observation?subject.name=a&_include=Observation:subject", b"", {}),
    ("GET", "/Patient?_has:Observation:subject:status=final&_revinclude=Observation:subject", b"", {}),
    ("GET", "/Patient?_filter=name%20co%20a", b"", {}),
    ("GET", "/Patient?nonsense=1", b"", {"prefer": "handling=strict"}),
    ("GET", "/Patient/p/_history", b"", {}),
    ("POST", "/", json.dumps(TRANSACTION).encode(), FHIR_JSON),
    ("GET", "/Patient/p/$everything", b"", {}),
    ("POST", "/Observation/$validate", json.dumps(OBSERVATION).encode(), FHIR_JSON),
    ("PATCH", "/Patient/p", b'[{"op": "add", "path": "/active", "value": true}]', JSON_PATCH),
    ("PUT", "/Patient/p", b'<Patient xmlns="http://hl7.org/fhir"><id value="p"/></Patient>', XML),
    ("PUT", "/Patient/p", b'<Patient xmlns="http://hl7.org/fhir"><id value="p"/>', XML),
]  # fmt: skip


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: f"{request[0]} {request[1]}")
def test_a_request_leaves_no_cycles(request_: tuple[str, str, bytes, dict[str, str]], edge: Edge) -> None:
    method, url, body, headers = request_
    for name, resource in (("Patient/p", PATIENT), ("Observation/o", OBSERVATION)):
        assert edge.send("PUT", f"/{name}", json.dumps(resource).encode(), FHIR_JSON).status in (200, 201)
    for _ in range(2):  # What is made once and kept leaves something behind when it is made.
        edge.send(method, url, body, headers)
    assert left_behind_by(lambda: edge.send(method, url, body, headers)) == Counter()
