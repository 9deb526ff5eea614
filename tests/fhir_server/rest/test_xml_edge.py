"""XML over HTTP: resources, Bundles, outcomes, Parameters and statements, both ways."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from fhir_asking import codes
from http_edge import FHIR_JSON, Answer, Edge

from conformance import json_codec, xml_codec
from conformance.definitions import Definitions

FHIR_XML = {"content-type": "application/fhir+xml", "accept": "application/fhir+xml"}
NS = 'xmlns="http://hl7.org/fhir"'


def read(answer: Answer, definitions: Definitions) -> dict[str, object]:
    assert answer.headers["content-type"].startswith("application/fhir+xml"), answer
    return xml_codec.decode(answer.body, definitions)


def test_create_read_and_update_in_xml(edge: Edge, definitions: Definitions) -> None:
    made = edge.send("POST", "/Patient", f'<Patient {NS}><gender value="male"/></Patient>'.encode(), FHIR_XML)
    assert made.status == 201
    resource = read(made, definitions)
    assert (resource["resourceType"], resource["gender"]) == ("Patient", "male")
    url = f"/Patient/{resource['id']}"
    assert edge.send("GET", url).json() == resource
    assert read(edge.send("GET", f"{url}?_format=xml"), definitions) == resource
    changed = made.body.replace(b'"male"', b'"female"')
    updated = edge.send("PUT", url, changed, FHIR_XML | {"if-match": 'W/"1"'})
    assert (updated.status, read(updated, definitions)["gender"]) == (200, "female")
    assert edge.send("GET", url).json()["gender"] == "female"


def test_numbers_keep_their_digits_through_xml(edge: Edge, definitions: Definitions) -> None:
    resource = json_codec.decode(
        b'{"resourceType":"Observation","id":"n","status":"final","code":{"text":"x"},'
        b'"valueQuantity":{"value":20.50},"referenceRange":[{"low":{"value":1.0E-7}}]}'
    )
    assert edge.send("PUT", "/Observation/n", xml_codec.encode(resource, definitions), FHIR_XML).status == 201
    kept = json_codec.decode(edge.send("GET", "/Observation/n").body)
    assert str(kept["valueQuantity"]["value"]) == "20.50"
    assert str(kept["referenceRange"][0]["low"]["value"]) == str(Decimal("1.0E-7"))


def test_bundles_statements_and_histories_in_xml(edge: Edge, definitions: Definitions) -> None:
    transaction = (
        f'<Bundle {NS}><type value="transaction"/><entry><resource><Patient><active value="true"/></Patient></resource>'
        '<request><method value="POST"/><url value="Patient"/></request></entry></Bundle>'
    )
    answered = read(edge.send("POST", "/", transaction.encode(), FHIR_XML), definitions)
    assert answered["type"] == "transaction-response"
    for url, kind in (("/Patient", "Bundle"), ("/Patient/_history", "Bundle"), ("/metadata", "CapabilityStatement")):
        answer = edge.send("GET", url, headers={"accept": "application/fhir+xml"})
        body = read(answer, definitions)
        assert body["resourceType"] == kind
        plain = edge.send("GET", url).json()
        assert body.keys() == plain.keys()
    found = read(edge.send("GET", "/Patient?_format=xml"), definitions)
    assert [row["resource"]["active"] for row in found["entry"]] == [True]


def test_parameters_of_an_operation_in_xml(edge: Edge, definitions: Definitions) -> None:
    parameters = (
        f'<Parameters {NS}><parameter><name value="resource"/>'
        '<resource>\n<Patient><gender value="nam"/></Patient></resource></parameter></Parameters>'
    )
    outcome = read(edge.send("POST", "/Patient/$validate", parameters.encode(), FHIR_XML), definitions)
    (issue,) = outcome["issue"]
    assert [row["valueInteger"] for row in issue["extension"]] == [2, 10]


@pytest.mark.parametrize(
    ("document", "status", "place"),
    [
        (f"<Patient {NS}>\n  <gender value='male'>\n</Patient>", 400, [3, 3]),
        (f"<!DOCTYPE x [<!ENTITY a 'b'>]>\n<Patient {NS}/>", 400, [1, 13]),
        ("<Patient/>", 400, [1, 1]),
        (f'<Patient {NS}>\n<birthDate value="2000"/><gender value="male"/></Patient>', 400, [2, 26]),
        (f'<Patient {NS}>\n  <active value="true"/>\n  <gender value="male" colour="blue"/></Patient>', 400, [3, 3]),
        (f'<Patient {NS}>\n  <active value="yes"/></Patient>', 422, [2, 3]),
        (f'<Patient {NS}>\n  <name>\n<colour value="blue"/></name></Patient>', 422, [3, 1]),
    ],
)
def test_errors_of_xml_name_line_and_column(edge: Edge, document: str, status: int, place: list[int]) -> None:
    answer = edge.send(
        "POST", "/Patient", document.encode(), {"content-type": "application/fhir+xml", "accept": "*/json, */*"}
    )
    assert answer.status == status, answer.body
    answer = edge.send("POST", "/Patient?_format=json", document.encode(), {"content-type": "text/xml"})
    issue = answer.json()["issue"][0]
    assert [row["valueInteger"] for row in issue["extension"]] == place


def test_errors_of_json_name_line_and_column_too(edge: Edge) -> None:
    body = b'{"resourceType": "Patient",\n "name": [{"colour": "blue"}]}'
    answer = edge.send("POST", "/Patient", body, FHIR_JSON)
    assert answer.status == 422
    assert [row["valueInteger"] for row in answer.json()["issue"][0]["extension"]] == [2, 12]


def test_findings_of_the_format_are_told_by_validate(edge: Edge) -> None:
    document = f'<Patient {NS}><birthDate value="2000"/><gender value="male"/></Patient>'.encode()
    answer = edge.send("POST", "/Patient/$validate?_format=json", document, FHIR_XML)
    assert answer.status == 200
    assert codes(answer.json()) == ["CNF-1708"]


def test_failures_are_told_in_the_format_that_is_asked_for(edge: Edge, definitions: Definitions) -> None:
    accept = {"accept": "application/fhir+xml"}
    for method, url, body, headers in (
        ("GET", "/Nothing", b"", accept),
        ("GET", "/Patient/none", b"", accept),
        ("GET", "/Patient?%00%1f=x", b"", accept),
        ("GET", "/Patient?colour=%EF%BF%BF", b"", accept),
        ("POST", "/Patient", b"{", FHIR_JSON | accept),
        ("POST", "/Patient", b"x", {"content-type": "text/plain"} | accept),
        ("BREW", "/Patient", b"", accept),
        ("GET", "/Patient?_format=xml&x=1", b"", {}),
        ("POST", "/Patient/_search", b"x=1&_format=xml", {"content-type": "application/x-www-form-urlencoded"}),
    ):
        answer = edge.send(method, url, body, headers)
        assert 400 <= answer.status < 500
        assert read(answer, definitions)["resourceType"] == "OperationOutcome"


def test_xml_without_an_accept_header_is_answered_in_xml(edge: Edge, definitions: Definitions) -> None:
    document = f"<Patient {NS}/>".encode()
    for more in ({}, {"accept": "*/*"}):
        assert read(
            edge.send("POST", "/Patient", document, {"content-type": "application/fhir+xml"} | more), definitions
        )
    both = {"content-type": "application/fhir+xml", "accept": "application/fhir+json"}
    assert edge.send("POST", "/Patient", document, both).json()["resourceType"] == "Patient"


def test_pretty_xml_is_the_same_resource(edge: Edge, definitions: Definitions) -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>a <b>b</b>\n c</p></div>'
    resource = {
        "resourceType": "Patient",
        "id": "p",
        "text": {"status": "generated", "div": div},
        "name": [{"text": "An > B"}],
    }
    edge.send("PUT", "/Patient/p", json.dumps(resource).encode(), FHIR_JSON)
    pretty = edge.send("GET", "/Patient/p?_format=xml&_pretty=true")
    assert b'\n  <name>\n    <text value="An &gt; B"/>' in pretty.body
    assert read(pretty, definitions) == edge.send("GET", "/Patient/p").json()


def test_what_xml_cannot_hold_is_not_acceptable_but_what_is_done_stays_done(
    edge: Edge, definitions: Definitions
) -> None:
    body = '{"resourceType":"Patient","id":"x","name":[{"text":"\uffff"}]}'.encode()
    made = edge.send("PUT", "/Patient/x", body, FHIR_JSON | {"accept": "application/fhir+xml"})
    assert (made.status, made.headers["etag"]) == (201, 'W/"1"')
    assert read(made, definitions)["resourceType"] == "OperationOutcome"
    form = {"content-type": "application/x-www-form-urlencoded"}
    for answer in (
        edge.send("GET", "/Patient/x?_format=xml"),
        edge.send("GET", "/Patient?_format=xml"),
        edge.send("POST", "/Patient/_search", b"_format=xml", form),
    ):
        assert answer.status == 406
        assert "U+FFFF" in str(read(answer, definitions))
    assert edge.send("GET", "/Patient/x").json()["name"] == [{"text": "\uffff"}]
