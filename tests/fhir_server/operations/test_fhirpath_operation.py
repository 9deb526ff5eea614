"""$fhirpath in the form of the FHIRPath Lab, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import Asking, codes
from http_edge import FHIR_JSON, Edge

PATIENT = {
    "resourceType": "Patient",
    "id": "example",
    "name": [
        {"use": "official", "family": "Chalmers", "given": ["Peter", "James"]},
        {"use": "usual", "given": ["Jim"]},
    ],
    "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": "http://example.org/time", "valueTime": "14:35:45"}]},
    "contact": [{"gender": "female", "name": {"family": "Marché"}}],
    "managingOrganization": {"reference": "Organization/o"},
}
PATH = "http://fhir.forms-lab.com/StructureDefinition/resource-path"
JSON_VALUE = "http://fhir.forms-lab.com/StructureDefinition/json-value"
XML_VALUE = "http://fhir.forms-lab.com/StructureDefinition/xml-value"


def question(expression: str, **more: Any) -> bytes:
    rows = [{"name": "expression", "valueString": expression}]
    rows += [{"name": "context", "valueString": more["context"]}] if "context" in more else []
    rows += [{"name": "validate", "valueBoolean": True}] if more.get("validate") else []
    rows += [{"name": "variables", "part": more["variables"]}] if "variables" in more else []
    rows += [more.get("subject", {"name": "resource", "resource": PATIENT})]
    rows += [{"name": "terminologyserver", "valueString": "https://tx.example.org"}]
    return json.dumps({"resourceType": "Parameters", "parameter": rows}).encode()


def asked(http: Edge, expression: str, **more: Any) -> dict[str, Any]:
    answer = http.send("POST", "/$fhirpath", question(expression, **more), FHIR_JSON)
    assert answer.status == 200, answer.body
    return answer.json()


def results(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in answer["parameter"] if row["name"] == "result"]


def told(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (parameters,) = [row for row in answer["parameter"] if row["name"] == "parameters"]
    return {part["name"]: part for part in parameters["part"]}


def test_each_item_of_the_context_has_a_result_with_its_trace(http: Edge) -> None:
    answer = asked(http, "trace('trc').given.join(' ') | %extra", context="name", variables=[
        {"name": "extra", "valueString": "more"}
    ])  # fmt: skip
    first, second = results(answer)
    assert (first["valueString"], second["valueString"]) == ("Patient.name[0]", "Patient.name[1]")
    assert [part["valueString"] for part in first["part"] if part["name"] == "string"] == ["Peter James", "more"]
    (trace,) = [part for part in first["part"] if part["name"] == "trace"]
    assert trace["valueString"] == "trc"
    (traced,) = trace["part"]
    assert (traced["name"], traced["valueHumanName"]) == ("HumanName", PATIENT["name"][0])
    assert traced["extension"] == [{"url": PATH, "valueString": "Patient.name[0]"}]


def test_the_question_is_told_back(http: Edge) -> None:
    variables = [{"name": "extra", "valueString": "more"}]
    parts = told(asked(http, "name.given", context="$this", variables=variables))
    assert parts["evaluator"]["valueString"].endswith("(R4)")
    assert parts["expression"]["valueString"] == "name.given"
    assert parts["context"]["valueString"] == "$this"
    assert parts["variables"]["part"] == variables
    assert parts["resource"]["resource"] == PATIENT
    assert parts["terminologyserver"]["valueString"] == "https://tx.example.org"
    tree = json.loads(parts["parseDebugTree"]["valueString"])
    assert (tree["ExpressionType"], tree["Name"], tree["Position"]) == ("ChildExpression", "given", 5)
    assert tree["Arguments"] == [{"ExpressionType": "ChildExpression", "Name": "name", "Position": 0}]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1.50", [{"name": "decimal", "valueDecimal": 1.5}]),
        ("name.count()", [{"name": "integer", "valueInteger": 2}]),
        ("name.exists()", [{"name": "boolean", "valueBoolean": True}]),
        ("''", [{"name": "empty-string"}]),
        ("4 days", [{"name": "Quantity", "valueQuantity": {"value": 4, "unit": "day"}}]),
        ("birthDate", [{"name": "date", "valueDate": "1974-12-25", "_valueDate": PATIENT["_birthDate"]}]),
        (
            "contact",
            [
                {
                    "name": "Patient.contact",
                    "extension": [
                        {"url": JSON_VALUE, "valueString": '{"gender":"female","name":{"family":"Marché"}}'},
                        {"url": PATH, "valueString": "Patient.contact[0]"},
                    ],
                }
            ],
        ),
    ],
)
def test_values_by_their_type(http: Edge, expression: str, expected: list[dict[str, Any]]) -> None:
    assert results(asked(http, expression))[0].get("part") == expected


def test_now_is_the_time_of_the_request_in_the_zone_of_the_server(fhir: Asking) -> None:
    answer = fhir.json("POST", "/$fhirpath", json.loads(question("now()")))
    assert results(answer)[0]["part"] == [{"name": "dateTime", "valueDateTime": "2026-01-02T10:04:05.678+07:00"}]


def test_nothing_gives_a_result_without_parts(http: Edge) -> None:
    assert results(asked(http, "photo")) == [{"name": "result"}]


def test_resolve_finds_resources_of_this_server(http: Edge, fhir: Asking) -> None:
    fhir.ask("PUT", "/Organization/o", {"resourceType": "Organization", "id": "o", "name": "Bệnh viện"})
    (part,) = results(asked(http, "managingOrganization.resolve().name"))[0]["part"]
    assert part == {"name": "string", "valueString": "Bệnh viện"}


@pytest.mark.parametrize(
    "subject",
    [
        {"name": "resource", "extension": [{"url": JSON_VALUE, "valueString": json.dumps(PATIENT)}]},
        {
            "name": "resource",
            "extension": [
                {
                    "url": XML_VALUE,
                    "valueString": '<Patient xmlns="http://hl7.org/fhir"><birthDate value="1974-12-25"/></Patient>',
                }
            ],
        },
        {"name": "resource", "valueString": "Patient/example"},
    ],
)
def test_the_resource_in_other_forms(http: Edge, fhir: Asking, subject: dict[str, Any]) -> None:
    fhir.ask("PUT", "/Patient/example", PATIENT)
    (part,) = results(asked(http, "birthDate.toString()", subject=subject))[0]["part"]
    assert part == {"name": "string", "valueString": "1974-12-25"}


def test_of_a_stored_resource(http: Edge, fhir: Asking) -> None:
    fhir.ask("PUT", "/Patient/example", PATIENT)
    answer = http.send("GET", "/Patient/example/$fhirpath?expression=given.first()&context=name")
    assert [row["part"][0]["valueString"] for row in results(answer.json())] == ["Peter", "Jim"]


def test_validate_tells_of_elements_that_do_not_exist(http: Edge) -> None:
    assert "parseDebug" not in told(asked(http, "given", context="name", validate=True))
    problem = told(asked(http, "givven", context="name", validate=True))["parseDebug"]["valueString"]
    assert "givven" in problem
    assert "parseDebug" not in told(asked(http, "givven", context="name"))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (question("name.("), 400, "CNF-1601"),
        (question("%nobody"), 400, "CNF-1605"),
        (question("name.given.toInteger() + (1 | 2)"), 400, "CNF-1606"),
        (question("name", subject={"name": "resource", "resource": {"resourceType": "Nothing"}}), 400, "RST-4602"),
        (question("name", subject={"name": "resource", "valueString": "http://else.org/Patient/1"}), 400, "RST-4601"),
        (question("name", subject={"name": "resource", "valueString": "Patient/none"}), 404, "RST-4401"),
        (question("name", subject={"name": "rezource", "valueString": "x"}), 400, "RST-4213"),
        (question(""), 400, "RST-4601"),
        (question("repeat(iif(true, $this)).repeat(children() | $this)"), 200, ""),
        (question("(1|2|3).repeatAll($this)"), 403, "CNF-1608"),
    ],
)
def test_what_cannot_be_answered(http: Edge, body: bytes, status: int, code: str) -> None:
    answer = http.send("POST", "/$fhirpath", body, FHIR_JSON)
    assert answer.status == status, answer.body
    if code:
        assert codes(answer.json()) == [code]
