"""patch over HTTP: the Content-Type decides the kind, headers carry the conditions."""

from __future__ import annotations

import json

import pytest
from http_edge import FHIR_JSON, Answer, Edge

JSON_PATCH = {"content-type": "application/json-patch+json"}
FEMALE = b'[{"op":"replace","path":"/gender","value":"female"}]'
PARAMETERS = {
    "resourceType": "Parameters",
    "parameter": [
        {
            "name": "operation",
            "part": [
                {"name": "type", "valueCode": "replace"},
                {"name": "path", "valueString": "Patient.gender"},
                {"name": "value", "valueCode": "female"},
            ],
        }
    ],
}
XML = b"""<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/>
<part><name value="type"/><valueCode value="replace"/></part>
<part><name value="path"/><valueString value="Patient.gender"/></part>
<part><name value="value"/><valueCode value="female"/></part></parameter></Parameters>"""


@pytest.fixture
def filled(edge: Edge) -> Edge:
    body = b'{"resourceType":"Patient","id":"p","gender":"male","identifier":[{"value":"1"}]}'
    assert edge.send("PUT", "/Patient/p", body, FHIR_JSON).status == 201
    return edge


def code(answer: Answer) -> str:
    return str(answer.json()["issue"][0]["details"]["coding"][0]["code"])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (FEMALE, "application/json-patch+json"),
        (FEMALE, "application/json-patch+json; charset=UTF-8"),
        (json.dumps(PARAMETERS).encode(), "application/fhir+json"),
        (json.dumps(PARAMETERS).encode(), "application/json"),
        (XML, "application/fhir+xml"),
    ],
)
def test_content_type_decides_the_kind(filled: Edge, body: bytes, content_type: str) -> None:
    answer = filled.send("PATCH", "/Patient/p", body, {"content-type": content_type, "accept": "application/fhir+json"})
    assert (answer.status, answer.headers["etag"]) == (200, 'W/"2"')
    assert answer.headers["location"].endswith("/fhir/Patient/p/_history/2")
    assert answer.json()["gender"] == "female"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (FEMALE, "application/fhir+json", 400),
        (FEMALE, "text/plain", 415),
        (b"<diff/>", "application/xml-patch+xml", 415),
        (b"{", "application/json-patch+json", 400),
        (XML[:-9], "application/fhir+xml", 400),
        (b"", "application/json-patch+json", 400),
    ],
)
def test_other_bodies_are_refused(filled: Edge, body: bytes, content_type: str, status: int) -> None:
    headers = {"content-type": content_type, "accept": "application/fhir+json"}
    answer = filled.send("PATCH", "/Patient/p", body, headers)
    assert (answer.status, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert filled.send("GET", "/Patient/p").json()["gender"] == "male"


def test_conditions_and_preferences(filled: Edge) -> None:
    stale = filled.send("PATCH", "/Patient/p", FEMALE, JSON_PATCH | {"if-match": 'W/"9"'})
    assert (stale.status, code(stale)) == (412, "RST-4405")
    current = {"if-match": 'W/"1"', "prefer": "return=minimal"}
    minimal = filled.send("PATCH", "/Patient?identifier=1", FEMALE, JSON_PATCH | current)
    assert (minimal.status, minimal.body) == (200, b"")
    told = filled.send("PATCH", "/Patient/p", FEMALE, JSON_PATCH | {"prefer": "return=OperationOutcome"})
    assert (told.status, code(told)) == (200, "RST-4215")
    failing = b'[{"op":"test","path":"/gender","value":"male"}]'
    answer = filled.send("PATCH", "/Patient/p", failing, JSON_PATCH | {"accept-language": "vi"})
    assert (answer.status, code(answer)) == (422, "CNF-1807")
    assert answer.json()["issue"][0]["details"]["text"] == "Thao tác 0 (test /gender): giá trị ở đó khác."


def test_conditional_update_and_delete(filled: Edge) -> None:
    body = b'{"resourceType":"Patient","gender":"other","identifier":[{"value":"1"}]}'
    updated = filled.send("PUT", "/Patient?identifier=1", body, FHIR_JSON)
    assert (updated.status, updated.headers["location"].endswith("/Patient/p/_history/2")) == (200, True)
    assert filled.send("DELETE", "/Patient?identifier=1").status == 204
    assert filled.send("GET", "/Patient/p").status == 410
    assert filled.send("DELETE", "/Patient").status == 400
