"""patch of one resource: JSON Patch and FHIRPath Patch, conditions, versions, refusals, inside Bundles."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from fhir_asking import Asking, codes, entry

from fhir_server.exchange.request import Response, Return
from fhir_server.exchange.validation import Policy, Rules

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "http://example.org", "value": "1"}],
    "gender": "male",
}
JSON_PATCH = "application/json-patch+json"
FEMALE = {"op": "replace", "path": "/gender", "value": "female"}


def operation(kind: str, path: str, **value: Any) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    if "name" in value:
        parts.append({"name": "name", "valueString": value.pop("name")})
    return {"name": "operation", "part": [*parts, {"name": "value", **value}] if value else parts}


def parameters(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(operations)}


def binary(*operations: dict[str, Any]) -> dict[str, Any]:
    data = b64encode(json.dumps(operations).encode()).decode()
    return {"resourceType": "Binary", "contentType": JSON_PATCH, "data": data}


@pytest.fixture
def stored(fhir: Asking) -> Asking:
    """A service that holds the patient."""
    assert fhir.ask("PUT", "/Patient/p", PATIENT).status == 201
    return fhir


def patch(fhir: Asking, *operations: dict[str, Any], url: str = "/Patient/p", **more: Any) -> Response:
    return fhir.ask_raw("PATCH", url, json.dumps(operations).encode(), media_type=JSON_PATCH, **more)


def refusal(response: Response) -> tuple[int, str]:
    return response.status, codes(json.loads(response.body))[0]


def test_json_patch_makes_a_version(stored: Asking) -> None:
    response = patch(stored, {"op": "test", "path": "/meta/versionId", "value": "1"}, FEMALE)
    assert (response.status, response.version_id, response.location) == (200, 2, "Patient/p/_history/2")
    assert json.loads(response.body)["gender"] == "female"
    assert stored.json("GET", "/Patient/p") == json.loads(response.body)
    assert stored.json("GET", "/Patient?gender=female&_summary=count")["total"] == 1


def test_fhirpath_patch_makes_a_version(stored: Asking) -> None:
    body = parameters(
        operation("replace", "Patient.gender", valueCode="other"),
        operation("add", "Patient", name="birthDate", valueDate="1990"),
    )
    response = stored.ask("PATCH", "/Patient/p", body)
    assert (response.status, response.version_id) == (200, 2)
    found = stored.json("GET", "/Patient/p")
    assert (found["gender"], found["birthDate"]) == ("other", "1990")


@pytest.mark.parametrize("returns", list(Return))
def test_prefer_return(stored: Asking, returns: Return) -> None:
    body = patch(stored, FEMALE, returns=returns).body
    told = json.loads(body)["resourceType"] if body else ""
    expected = {Return.MINIMAL: "", Return.REPRESENTATION: "Patient", Return.OUTCOME: "OperationOutcome"}
    assert told == expected[returns]


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [{"op": "test", "path": "/gender", "value": "male"}],
        [{"op": "replace", "path": "/gender", "value": "male"}],
        [FEMALE, {"op": "replace", "path": "/gender", "value": "male"}],
        [
            {"op": "remove", "path": "/meta/versionId"},
            {"op": "remove", "path": "/meta/lastUpdated"},
            {"op": "remove", "path": "/meta"},
        ],
    ],
)
def test_patch_that_changes_nothing_makes_no_version(stored: Asking, operations: list[dict[str, Any]]) -> None:
    response = patch(stored, *operations)
    assert (response.status, response.version_id) == (200, 1)
    response = stored.ask("PATCH", "/Patient/p", parameters())
    assert (response.status, response.version_id) == (200, 1)


def test_if_match(stored: Asking) -> None:
    assert patch(stored, FEMALE, if_match='W/"1"').status == 200
    assert refusal(patch(stored, FEMALE, if_match='W/"1"')) == (412, "RST-4405")
    assert refusal(patch(stored, FEMALE, if_match='W/"x"')) == (412, "RST-4405")
    assert refusal(patch(stored, FEMALE, if_match="2")) == (400, "RST-4112")
    assert refusal(patch(stored, FEMALE, if_none_match="*")) == (412, "RST-4405")
    assert patch(stored, FEMALE, if_match='W/"2"').version_id == 2


def test_what_is_not_there_is_not_patched(stored: Asking) -> None:
    assert refusal(patch(stored, FEMALE, url="/Patient/q")) == (404, "RST-4401")
    stored.ask("DELETE", "/Patient/p")
    assert refusal(patch(stored, FEMALE)) == (410, "RST-4403")
    assert stored.ask("GET", "/Patient/q").status == 404


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "replace", "path": "/id", "value": "q"}], (422, "RST-4245")),
        ([{"op": "remove", "path": "/id"}], (422, "RST-4245")),
        ([{"op": "replace", "path": "/resourceType", "value": "Person"}], (422, "RST-4245")),
        ([{"op": "replace", "path": "/meta/versionId", "value": "7"}], (422, "RST-4245")),
        ([{"op": "replace", "path": "/meta/lastUpdated", "value": "2020-01-01T00:00:00Z"}], (422, "RST-4245")),
        ([{"op": "replace", "path": "", "value": []}], (422, "RST-4245")),
        ([{"op": "test", "path": "/gender", "value": "female"}, FEMALE], (422, "CNF-1807")),
        ([FEMALE, {"op": "remove", "path": "/birthDate"}], (422, "CNF-1805")),
        ([{"op": "put", "path": "/gender"}], (400, "CNF-1802")),
        (["x"], (400, "CNF-1801")),
        ([{"op": "add", "path": "/gender", "value": "nam"}], (422, "VAL-2204")),
        ([{"op": "add", "path": "/colour", "value": "blue"}], (422, "VAL-2102")),
        ([{"op": "add", "path": "/managingOrganization", "value": {"reference": "urn:uuid:x"}}], (422, "RST-4211")),
        ([{"op": "add", "path": "/generalPractitioner", "value": [{"reference": "Group?x=1"}]}], (422, "RST-4212")),
    ],
)
def test_refused_patch_changes_nothing(
    stored: Asking, operations: list[dict[str, Any]], expected: tuple[int, str]
) -> None:
    response = patch(stored, *operations)
    if expected[1].startswith("VAL"):
        assert response.status == expected[0]
        assert codes(json.loads(response.body))[0].startswith("VAL")
    else:
        assert refusal(response) == expected
    assert stored.ask("GET", "/Patient/p").version_id == 1


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        (b"", "", (400, "RST-4111")),
        (b" ", JSON_PATCH, (400, "RST-4111")),
        (b"{}", JSON_PATCH, (400, "CNF-1801")),
        (b"null", JSON_PATCH, (400, "CNF-1801")),
        (b'[{"op":"remove","op":"add","path":""}]', JSON_PATCH, (400, "CNF-1004")),
        (b'[],"x":1', JSON_PATCH, (400, "CNF-1001")),
        (b"[]", "", (400, "CNF-1003")),
        (json.dumps(PATIENT).encode(), "", (400, "RST-4246")),
        (b'{"resourceType":"Binary","contentType":"text/plain"}', "", (400, "RST-4246")),
        (b'{"resourceType":"Binary","contentType":"application/json-patch+json","data":"?"}', "", (400, "RST-4246")),
        (b'{"resourceType":"Parameters","parameter":[{"name":"x"}]}', "", (400, "CNF-1820")),
    ],
)
def test_what_is_no_patch_is_refused(stored: Asking, body: bytes, media_type: str, expected: tuple[int, str]) -> None:
    assert refusal(stored.ask_raw("PATCH", "/Patient/p", body, media_type=media_type)) == expected


def test_result_is_held_to_the_policy_of_the_server(stored: Asking) -> None:
    strict = stored.with_rules(Rules(by_type={"Patient": Policy.ENFORCE}))
    contact = {"op": "add", "path": "/contact", "value": [{"gender": "male"}]}
    response = patch(strict, contact)
    assert response.status == 422
    assert any(issue["expression"] == ["Patient.contact[0]"] for issue in json.loads(response.body)["issue"])
    assert patch(stored, contact).status == 200


def test_numbers_keep_their_digits(fhir: Asking) -> None:
    body = (
        b'{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"valueQuantity":{"value":20.50}}'
    )
    fhir.ask_raw("PUT", "/Observation/o", body)
    text = b'[{"op":"test","path":"/valueQuantity/value","value":20.5},{"op":"add","path":"/status","value":"amended"}]'
    response = fhir.ask_raw("PATCH", "/Observation/o", text, media_type=JSON_PATCH)
    assert response.status == 200
    assert b'"value":20.50' in response.body


@pytest.mark.parametrize(
    ("status", "operations", "is_kept", "told"),
    [
        ("generated", [FEMALE], False, ["RST-4247"]),
        ("extensions", [FEMALE], False, ["RST-4247"]),
        ("additional", [FEMALE], True, ["RST-4248"]),
        ("empty", [FEMALE], True, []),
        ("generated", [{"op": "add", "path": "/language", "value": "vi"}], True, []),
        ("generated", [FEMALE, {"op": "replace", "path": "/text/div", "value": "<div>x</div>"}], True, []),
        ("generated", [FEMALE, {"op": "remove", "path": "/text"}], False, []),
    ],
)
def test_narrative_never_contradicts_the_data(
    fhir: Asking, status: str, operations: list[dict[str, Any]], is_kept: bool, told: list[str]
) -> None:
    operations = json.loads(json.dumps(operations).replace("<div>", '<div xmlns=\\"http://www.w3.org/1999/xhtml\\">'))
    text = {"status": status, "div": '<div xmlns="http://www.w3.org/1999/xhtml">nam</div>'}
    assert fhir.ask("PUT", "/Patient/p", {**PATIENT, "text": text}).status == 201
    response = patch(fhir, *operations)
    assert (response.status, "text" in json.loads(response.body)) == (200, is_kept)
    assert [issue.message.id for issue in response.issues] == told


# -- conditional patch


def test_conditional_patch(stored: Asking) -> None:
    url = "/Patient?identifier=http://example.org|1"
    response = patch(stored, FEMALE, url=url)
    assert (response.status, response.location) == (200, "Patient/p/_history/2")
    response = stored.ask("PATCH", url, parameters(operation("delete", "Patient.gender")))
    assert (response.status, response.version_id) == (200, 3)
    assert refusal(patch(stored, FEMALE, url=url, if_match='W/"1"')) == (412, "RST-4405")


def test_conditional_patch_needs_one_match(stored: Asking) -> None:
    assert refusal(patch(stored, FEMALE, url="/Patient?identifier=2")) == (404, "RST-4243")
    stored.created({name: value for name, value in PATIENT.items() if name != "id"})
    assert refusal(patch(stored, FEMALE, url="/Patient?identifier=1")) == (412, "RST-4205")
    assert refusal(patch(stored, FEMALE, url="/Patient")) == (400, "RST-4408")
    assert refusal(patch(stored, FEMALE, url="/Patient?_format=json")) == (400, "RST-4408")
    assert patch(stored, FEMALE, url="/Patient?colour=blue").status == 400
    assert patch(stored, FEMALE, url="/Patient?colour=blue", strict=False).status == 400


# -- in Bundles


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_patches_in_a_bundle(stored: Asking, kind: str) -> None:
    stored.ask("PUT", "/Patient/q", {**PATIENT, "id": "q", "identifier": [{"value": "2"}]})
    response = stored.transact(
        entry("PATCH", "Patient/p", binary(FEMALE), ifMatch='W/"1"'),
        entry("PATCH", "Patient?identifier=2", parameters(operation("delete", "Patient.gender"))),
        kind=kind,
        returns=Return.REPRESENTATION,
    )
    first, second = json.loads(response.body)["entry"]
    assert (first["response"]["status"], first["response"]["location"]) == ("200 OK", "Patient/p/_history/2")
    assert first["resource"]["gender"] == "female"
    assert "gender" not in second["resource"]
    assert second["resource"]["id"] == "q"


def test_patch_in_a_transaction_may_refer_to_other_entries(stored: Asking) -> None:
    urn = "urn:uuid:0c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b11"
    organization = {"resourceType": "Organization", "name": "A", "identifier": [{"value": "o"}]}
    response = stored.transact(
        entry("POST", "Organization", organization, urn),
        entry(
            "PATCH", "Patient/p", binary({"op": "add", "path": "/managingOrganization", "value": {"reference": urn}})
        ),
    )
    assert response.status == 200
    target = json.loads(response.body)["entry"][0]["response"]["location"].partition("/_history")[0]
    assert stored.json("GET", "/Patient/p")["managingOrganization"]["reference"] == target
    reference = {"reference": "Organization?identifier=o"}
    body = parameters(operation("replace", "Patient.managingOrganization", valueReference=reference))
    assert stored.transact(entry("PATCH", "Patient/p", body)).status == 200
    assert stored.json("GET", "/Patient/p")["managingOrganization"]["reference"] == target


def test_patch_that_fails_undoes_the_transaction(stored: Asking) -> None:
    response = stored.transact(
        entry("PUT", "Patient/new", {**PATIENT, "id": "new"}),
        entry("PATCH", "Patient/p", parameters(operation("delete", "Patient.name["))),
    )
    assert response.status == 422
    assert json.loads(response.body)["issue"][0]["expression"] == ["Bundle.entry[1].resource.parameter[0]"]
    assert stored.ask("GET", "/Patient/new").status == 404
    stale = entry("PATCH", "Patient/p", binary(FEMALE), ifMatch='W/"9"')
    assert refusal(stored.transact(stale)) == (412, "RST-4405")
    twice = [entry("PATCH", "Patient/p", binary(FEMALE)), entry("PUT", "Patient/p", PATIENT)]
    assert refusal(stored.transact(*twice)) == (400, "RST-4304")
