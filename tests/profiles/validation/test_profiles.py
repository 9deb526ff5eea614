"""Profiles with a snapshot: cardinality, types, fixed values, patterns and bindings of elements that are not sliced."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from conformance.definitions import Definitions
from profiles.validation import Validator
from terminology.membership import ValueSets

URL = "https://example.org/StructureDefinition/patient-of-ward"


def stating(name: str, **value: Any) -> dict[str, Any]:
    return {"extension": [{"url": f"http://hl7.org/fhir/StructureDefinition/{name}"} | value]}


@pytest.fixture(scope="module")
def profiled(definitions: Definitions, value_sets: ValueSets) -> Validator:
    base = definitions.resource("StructureDefinition", "http://hl7.org/fhir/StructureDefinition/Patient")
    assert base is not None
    profile = copy.deepcopy(base) | {"url": URL, "derivation": "constraint", "id": "patient-of-ward"}
    elements = {element["path"]: element for element in profile["snapshot"]["element"]}
    elements["Patient.name"] |= {"min": 1, "max": "1"}
    elements["Patient.photo"] |= {"max": "0"}
    elements["Patient.telecom"] |= {"min": 2}
    elements["Patient.active"] |= {"fixedBoolean": True}
    elements["Patient.deceased[x]"] |= {"type": [{"code": "dateTime"}]}
    elements["Patient.maritalStatus"] |= {"patternCodeableConcept": {"coding": [{"code": "M"}]}}
    elements["Patient.language"] |= stating("regex", valueString="[a-z]{2}")
    elements["Patient.telecom"]["extension"] = stating("regex", valueString="(?=a)")["extension"]
    elements["Patient.managingOrganization"]["type"][0] |= {"targetProfile": [URL]}
    return Validator(
        definitions, value_sets, {URL: profile, "https://example.org/broken": {"url": "https://example.org/broken"}}
    )


def phones(count: int) -> list[dict[str, Any]]:
    return [{"system": "phone", "value": f"090{n}"} for n in range(count)]


GOOD: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"text": "A"}],
    "active": True,
    "telecom": phones(2),
    "deceasedDateTime": "2024-05-03",
    "maritalStatus": {"coding": [{"system": "urn:x", "code": "M"}], "text": "có vợ"},
}

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("absent", {"name": None}, "VAL-2105", "Patient"),
    ("too many", {"name": [{"text": "A"}, {"text": "B"}]}, "VAL-2106", "Patient"),
    ("too few", {"telecom": phones(1)}, "VAL-2105", "Patient"),
    ("taken away", {"photo": [{"title": "a"}]}, "VAL-2106", "Patient"),
    ("type taken away", {"deceasedDateTime": None, "deceasedBoolean": True}, "VAL-2112",
     "Patient.deceased.ofType(boolean)"),
    ("not fixed", {"active": False}, "VAL-2203", "Patient.active"),
    ("not the pattern", {"maritalStatus": {"coding": [{"code": "S"}]}}, "VAL-2204", "Patient.maritalStatus"),
    ("not of the form", {"language": "vi-VN"}, "VAL-2214", "Patient.language"),
    ("target of a profile", {"managingOrganization": {"reference": "Organization/1"}}, "VAL-2402",
     "Patient.managingOrganization"),
]  # fmt: skip


def errors(validator: Validator, resource: dict[str, Any], profile: str) -> set[tuple[str, str]]:
    issues = validator.validate(resource, [profile])
    return {(issue.message.id, issue.expression) for issue in issues if issue.is_error}


def test_the_good_one_is_valid(profiled: Validator) -> None:
    assert errors(profiled, GOOD, URL) == set()
    assert errors(profiled, GOOD, f"{URL}|4.0.1") == set()


@pytest.mark.parametrize(("change", "message_id", "expression"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_the_profile_asks(change: dict[str, Any], message_id: str, expression: str, profiled: Validator) -> None:
    resource = {name: value for name, value in (GOOD | change).items() if value is not None}
    assert errors(profiled, resource, URL) == {(message_id, expression)}


def test_defects_of_the_type_are_told_once(profiled: Validator) -> None:
    issues = profiled.validate(GOOD | {"gender": "nam"}, [URL])
    assert [issue.expression for issue in issues if issue.is_error] == ["Patient.gender"]


def test_an_unknown_profile_is_a_warning(profiled: Validator) -> None:
    issues = profiled.validate(GOOD, ["https://example.org/none", "https://example.org/broken"])
    told = [(issue.message.id, issue.is_error) for issue in issues if issue.message.id.startswith("VAL-27")]
    assert told == [("VAL-2701", False), ("VAL-2703", False)]


def test_a_profile_of_another_type_is_an_error(profiled: Validator) -> None:
    issues = profiled.validate({"resourceType": "Basic", "code": {"text": "a"}}, [URL])
    assert [issue.message.id for issue in issues] == ["VAL-2702"]


def test_official_profiles_apply_to_what_is_not_sliced(validator: Validator) -> None:
    url = "http://hl7.org/fhir/StructureDefinition/bodyweight"
    weight = {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
                ]
            }
        ],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2024-05-03",
        "valueQuantity": {"value": 70, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    }
    assert errors(validator, weight, url) == set()
    del weight["subject"]
    assert errors(validator, weight, url) == {("VAL-2105", "Observation")}
