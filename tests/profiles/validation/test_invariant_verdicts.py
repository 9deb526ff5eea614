"""Invariants: only what is true holds; what cannot be known is no error; published slips are read as they are meant."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from profiles.validation import Validator
from terminology.membership import ValueSets

CORE = "http://hl7.org/fhir/StructureDefinition/"
UNKNOWN_SET = "https://example.org/ValueSet/unknown"

PATIENT: dict[str, Any] = {"resourceType": "Patient", "gender": "male", "birthDate": "1980-01-01"}


def found(validator: Validator, resource: dict[str, Any], *profiles: str) -> set[tuple[str, str]]:
    issues = validator.validate(resource, profiles)
    return {(str(issue.params.get("key")), issue.graded) for issue in issues if "key" in issue.params}


def item(**more: Any) -> dict[str, Any]:
    question = {"linkId": "1", "type": "string"} | more
    return {"resourceType": "Questionnaire", "status": "active", "item": [question]}


def definition(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition",
        "url": "https://example.org/StructureDefinition/p",
        "name": "P",
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": f"{CORE}Patient",
        "derivation": "constraint",
        "differential": {"element": [{"id": "Patient", "path": "Patient"}]},
    } | more


@pytest.mark.parametrize(
    ("resource", "key"),
    [
        (item(initial=[{"valueString": "a"}, {"valueString": "b"}]), "que-13"),
        (
            definition(differential={"element": [{"id": "Patient.name", "path": "Patient.name", "max": "many"}]}),
            "eld-3",
        ),
        (definition(differential={"element": [{"id": "x", "path": "Patient..name"}]}), "eld-19"),
        (
            {k: v for k, v in definition(type="Extension", kind="complex-type").items() if k != "derivation"},
            "sdf-5",
        ),
        (
            {
                "resourceType": "ValueSet",
                "status": "active",
                "expansion": {"timestamp": "2026-01-01", "contains": [{"display": "x"}]},
            },
            "vsd-9",
        ),
    ],
    ids=["que-13", "eld-3", "eld-19", "sdf-5", "vsd-9"],
)
def test_an_empty_answer_does_not_hold(resource: dict[str, Any], key: str, validator: Validator) -> None:
    errors = {key for key, severity in found(validator, resource) if severity == "error"}
    assert key in errors


NESTED = {
    "que-6": {"linkId": "2", "type": "display", "required": True},
    "que-13": {"linkId": "2", "type": "string", "initial": [{"valueString": "a"}, {"valueString": "b"}]},
}


@pytest.mark.parametrize("key", NESTED)
def test_an_element_that_repeats_another_keeps_its_invariants(key: str, validator: Validator) -> None:
    resource = item(type="group", item=[{"linkId": "1.1", "type": "group", "item": [NESTED[key]]}])
    places = {issue.expression for issue in validator.validate(resource) if issue.params.get("key") == key}
    assert places == {"Questionnaire.item[0].item[0].item[0]"}


@pytest.mark.parametrize(
    ("limit", "is_told"), [({}, False), ({"max": "*"}, False), ({"max": "2"}, False), ({"max": "x"}, True)]
)
def test_a_focus_of_a_message_may_be_without_limit(
    limit: dict[str, str], *, is_told: bool, validator: Validator
) -> None:
    focus = {"code": "Patient", "min": 0} | limit
    resource = {"resourceType": "MessageDefinition", "status": "active", "date": "2026-01-01", "focus": [focus]}
    resource |= {"eventUri": "https://example.org/event"}
    assert (("md-1", "error") in found(validator, resource)) is is_told


@pytest.mark.parametrize(
    ("probability", "is_told"),
    [({}, False), ({"probabilityDecimal": 99.5}, False), ({"probabilityDecimal": 101}, True)],
)
def test_a_probability_is_at_most_a_hundred(
    probability: dict[str, Any], *, is_told: bool, validator: Validator
) -> None:
    resource = {"resourceType": "RiskAssessment", "status": "final", "subject": {"display": "A"}}
    told = found(validator, resource | {"prediction": [{"rationale": "x"} | probability]})
    assert (("ras-2", "error") in told) is is_told


@pytest.mark.parametrize(
    ("name", "is_told"), [("Good_Name1", False), ("Two words", True), ("lower", True), (None, False)]
)
def test_a_name_is_meant_as_a_whole(name: str | None, *, is_told: bool, validator: Validator) -> None:
    resource = {"resourceType": "ValueSet", "status": "active", "compose": {"include": [{"system": "urn:a"}]}}
    told = found(validator, resource | ({"name": name} if name else {}))
    assert (("vsd-0", "warning") in told) is is_told


@pytest.mark.parametrize(
    ("effective", "is_told"),
    [
        ({"effectiveDateTime": "2020-02"}, True),
        ({"effectiveDateTime": "2020-02-01"}, False),
        ({"effectivePeriod": {"start": "2020-02-01"}}, False),
    ],
)
def test_vital_signs_are_precise_to_the_day(effective: dict[str, Any], *, is_told: bool, validator: Validator) -> None:
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}} | effective
    assert (("vs-1", "error") in found(validator, observation, f"{CORE}vitalsigns")) is is_told


def verdicts(expression: str, definitions: Definitions, value_sets: ValueSets, **more: Any) -> set[str]:
    constraint = {"key": "own-1", "severity": "error", "human": "x", "expression": expression}
    stated = definition(differential={"element": [{"id": "Patient", "path": "Patient", "constraint": [constraint]}]})
    validator = Validator(definitions, value_sets, {stated["url"]: stated})
    return {severity for key, severity in found(validator, PATIENT | more, stated["url"]) if key == "own-1"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("gender = 'male'", set()),
        ("maritalStatus.text = 'x'", {"error"}),
        ("name.given", {"error"}),
        (f"gender.memberOf('{UNKNOWN_SET}')", {"information"}),
        (f"gender.where(memberOf('{UNKNOWN_SET}')).exists()", {"information"}),
        ("conformsTo('https://example.org/StructureDefinition/unknown')", {"information"}),
        ("managingOrganization.resolve().active = true", {"information"}),
        ("managingOrganization.resolve() is Organization", {"information"}),
        ("(gender as String) = 'male'", set()),
        ("(birthDate as Date) = @1980-01-01", set()),
        ("(birthDate as String) = '1980-01-01'", {"error"}),
    ],
)
def test_what_cannot_be_known_is_no_error(
    expression: str, expected: set[str], definitions: Definitions, value_sets: ValueSets
) -> None:
    told = verdicts(expression, definitions, value_sets, managingOrganization={"reference": "Organization/1"})
    assert told == expected
