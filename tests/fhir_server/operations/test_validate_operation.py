"""$validate, without HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_asking import Asking, codes

from fhir_server.exchange.validation import Rules
from profiles.vn.policy import national_policy
from terminology.names import Names

GOOD = {"resourceType": "Patient", "gender": "female", "birthDate": "1990-02-03"}
BAD_TEXT = """{
  "resourceType": "Patient",
  "id": "a",
  "gender": "nam",
  "contact": [
    {"gender": "female"}
  ]
}"""
BAD = json.loads(BAD_TEXT)


def parameters(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(rows)}


def carrying(resource: dict[str, Any], **more: str) -> dict[str, Any]:
    return parameters(
        *({"name": name, "valueUri" if name == "profile" else "valueCode": value} for name, value in more.items()),
        {"name": "resource", "resource": resource},
    )


def problems(outcome: dict[str, Any], severity: str = "error") -> list[tuple[str, str]]:
    return [
        (issue["details"]["coding"][0]["code"], issue.get("expression", [""])[0])
        for issue in outcome["issue"]
        if issue["severity"] == severity
    ]


@pytest.mark.parametrize("url", ["/$validate", "/Patient/$validate", "/Patient/a/$validate"])
def test_all_ok_is_told(fhir: Asking, url: str) -> None:
    response = fhir.ask("POST", url, GOOD)
    assert response.status == 200
    (issue,) = json.loads(response.body)["issue"]
    assert (issue["severity"], issue["code"]) == ("information", "informational")


def test_findings_have_place_line_and_column_in_the_language_asked_for(fhir: Asking) -> None:
    response = fhir.ask_raw("POST", "/Patient/$validate", BAD_TEXT.encode(), language="vi")
    assert response.status == 200
    issues = {issue["expression"][0]: issue for issue in json.loads(response.body)["issue"]}
    assert set(issues) >= {"Patient.gender", "Patient.contact[0]"}
    places = {
        name: tuple(row["valueInteger"] for row in issues[name]["extension"])
        for name in ("Patient.gender", "Patient.contact[0]")
    }
    assert places == {"Patient.gender": (4, 3), "Patient.contact[0]": (6, 5)}
    english = fhir.json("POST", "/Patient/$validate", BAD, language="en")["issue"][0]["details"]
    vietnamese = issues[next(iter(issues))]["details"]
    assert english["coding"] == vietnamese["coding"]
    assert english["text"] != vietnamese["text"]


def test_invariants_are_checked_though_a_write_does_not(fhir: Asking) -> None:
    broken = GOOD | {"contact": [{"gender": "female"}]}
    assert problems(fhir.json("POST", "/Patient/$validate", broken)) == [("VAL-2220", "Patient.contact[0]")]
    assert fhir.ask("POST", "/Patient", broken).status == 201


def test_lines_are_those_of_the_body_when_parameters_carry_the_resource(fhir: Asking) -> None:
    body = json.dumps(carrying(BAD, mode="create"), indent=1).encode()
    outcome = json.loads(fhir.ask_raw("POST", "/Patient/$validate", body).body)
    (issue,) = [issue for issue in outcome["issue"] if issue.get("expression") == ["Patient.gender"]]
    line = issue["extension"][0]["valueInteger"]
    assert b'"gender": "nam"' in body.splitlines()[line - 1]


@pytest.mark.parametrize("how", ["query", "parameters"])
def test_profiles_that_are_asked_for(fhir: Asking, how: str) -> None:
    canonical = Names().profile("encounter")
    visit = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    }
    plain = fhir.json("POST", "/Encounter/$validate", visit)
    assert problems(plain) == []
    if how == "query":
        strict = fhir.json("POST", f"/Encounter/$validate?profile={canonical}", visit)
    else:
        strict = fhir.json("POST", "/Encounter/$validate", carrying(visit, profile=canonical))
    assert problems(strict)


def test_an_unknown_profile_that_is_asked_for_is_an_error_and_a_claimed_one_a_warning(fhir: Asking) -> None:
    asked = fhir.json("POST", "/Patient/$validate?profile=https://example.org/none", GOOD)
    assert problems(asked) == [("VAL-2701", "Patient")]
    claimed = fhir.json("POST", "/Patient/$validate", GOOD | {"meta": {"profile": ["https://example.org/none"]}})
    assert problems(claimed) == []
    assert problems(claimed, "warning") == [("VAL-2701", "Patient.meta.profile[0]")]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_stored_resource_is_checked(fhir: Asking, method: str) -> None:
    broken = GOOD | {"id": "p", "contact": [{"gender": "female"}]}
    fhir.ask("PUT", "/Patient/p", broken)
    outcome = fhir.json(method, "/Patient/p/$validate")
    assert problems(outcome) == [("VAL-2220", "Patient.contact[0]")]
    assert all("extension" not in issue for issue in outcome["issue"])
    assert fhir.ask(method, "/Patient/none/$validate").status == 404
    fhir.ask("DELETE", "/Patient/p")
    assert fhir.ask(method, "/Patient/p/$validate").status == 410


def test_create_needs_no_id_and_update_the_id_of_its_url(fhir: Asking) -> None:
    def asked(url: str, resource: dict[str, Any]) -> list[tuple[str, str]]:
        return problems(fhir.json("POST", url, resource))

    assert asked("/Patient/$validate?mode=create", GOOD) == []
    assert asked("/Patient/$validate?mode=update", GOOD) == [("RST-4216", "Patient.id")]
    assert asked("/Patient/a/$validate?mode=update", GOOD) == [("RST-4216", "Patient.id")]
    assert asked("/Patient/a/$validate?mode=update", GOOD | {"id": "b"}) == [("RST-4204", "Patient.id")]
    assert asked("/Patient/a/$validate?mode=update", GOOD | {"id": "a"}) == []
    assert asked("/Patient/$validate?mode=update", GOOD | {"id": "a"}) == []


def test_a_write_is_also_asked_for_its_references_and_the_profiles_of_the_policy(fhir: Asking) -> None:
    visit = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "urn:uuid:0c3f4a54-5c3e-4e5f-9f9e-0e6b2f6d2b11"},
    }
    assert problems(fhir.json("POST", "/Encounter/$validate", visit)) == []
    write = fhir.json("POST", "/Encounter/$validate?mode=create", visit)
    assert problems(write) == [("RST-4211", "Encounter.subject.reference")]
    held = fhir.with_rules(Rules(profiles=national_policy(Names())))
    assert len(problems(held.json("POST", "/Encounter/$validate?mode=create", visit))) > 1
    assert problems(held.json("POST", "/Encounter/$validate", visit)) == []


def test_delete_tells_whether_there_is_something_to_delete(fhir: Asking) -> None:
    stored = fhir.created(GOOD)
    url = f"/Patient/{stored['id']}/$validate?mode=delete"
    assert codes(fhir.json("POST", url)) == ["FHIR-0000"]
    assert fhir.ask("GET", f"/Patient/{stored['id']}").status == 200
    fhir.ask("DELETE", f"/Patient/{stored['id']}")
    assert codes(fhir.json("POST", url)) == ["RST-4217"]
    assert fhir.ask("POST", "/Patient/$validate?mode=delete").status == 400


def test_mode_profile_is_about_the_stored_resource(fhir: Asking) -> None:
    stored = fhir.created(GOOD)
    url = f"/Patient/{stored['id']}/$validate?mode=profile"
    assert fhir.ask("POST", url).status == 400
    assert codes(fhir.json("POST", f"{url}&profile={Names().profile('patient')}")) == ["FHIR-0000"]
    assert fhir.ask("POST", f"{url}&profile={Names().profile('patient')}", GOOD).status == 400


def test_parameters_can_be_what_is_checked(fhir: Asking) -> None:
    for url in ("/Parameters/$validate", "/$validate"):
        assert codes(fhir.json("POST", url, parameters({"name": "x", "valueString": "y"}))) == ["FHIR-0000"]
        assert problems(fhir.json("POST", url, parameters({"name": "x", "valueDate": "2026-02-30"})))
    inner = parameters({"name": "x", "valueDate": "2026-02-30"})
    found = problems(fhir.json("POST", "/Parameters/$validate", carrying(inner)))
    assert [place for _, place in found] == ["Parameters.parameter[0].value.ofType(date)"]


@pytest.mark.parametrize(
    ("method", "url", "body", "refusal"),
    [
        ("POST", "/Patient/$validate", None, (400, "RST-4218")),
        ("GET", "/Patient/$validate", None, (400, "RST-4218")),
        ("POST", "/Patient/$validate?mode=update", None, (400, "RST-4218")),
        ("POST", "/Patient/$validate?mode=guess", GOOD, (400, "RST-4107")),
        ("POST", "/Patient/$validate?depth=2", GOOD, (400, "RST-4106")),
        ("POST", "/Observation/$validate", GOOD, (400, "RST-4201")),
        ("POST", "/Patient/$validate", {"id": "a"}, (400, "RST-4202")),
        ("POST", "/Patient/$validate", parameters({"name": "depth", "valueInteger": 2}), (400, "RST-4213")),
        ("POST", "/Patient/$validate", {"resourceType": "Parameters", "parameter": 7}, (400, "RST-4213")),
        ("POST", "/Pacient/$validate", GOOD, (404, "RST-4102")),
        ("PUT", "/Patient/$validate", GOOD, (405, "RST-4104")),
    ],
)
def test_questions_that_cannot_be_asked(
    fhir: Asking, method: str, url: str, body: dict[str, Any] | None, refusal: tuple[int, str]
) -> None:
    response = fhir.ask(method, url, body)
    assert (response.status, *codes(json.loads(response.body))) == refusal


def test_it_is_told_in_the_capability_statement(fhir: Asking) -> None:
    (rest,) = fhir.json("GET", "/metadata")["rest"]
    told = {"name": "validate", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate"}
    assert told in rest["operation"]
    assert all(told in row["operation"] for row in rest["resource"])


def test_a_stored_resource_is_checked_as_an_entry_of_a_batch(fhir: Asking) -> None:
    stored = fhir.created(GOOD)
    asked = {"request": {"method": "GET", "url": f"Patient/{stored['id']}/$validate"}}
    (entry,) = json.loads(fhir.transact(asked, kind="batch").body)["entry"]
    assert codes(entry["response"]["outcome"]) == ["FHIR-0000"]
