"""Slicing by value, pattern, type, profile and existence, with closed, open and ordered rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.definitions import Definitions
from profiles.validation import Validator
from terminology.membership import ValueSets

CORE = "http://hl7.org/fhir/StructureDefinition/"
URL = "https://example.org/StructureDefinition/"

Element = dict[str, Any]
Check = Callable[[list[Element], dict[str, Any]], set[tuple[str, str]]]


def profile(name: str, base: str, elements: list[Element]) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition",
        "url": URL + name,
        "name": name,
        "status": "active",
        "kind": "resource" if base[:1].isupper() and base != "HumanName" else "complex-type",
        "abstract": False,
        "type": base,
        "baseDefinition": CORE + base,
        "derivation": "constraint",
        "differential": {"element": elements},
    }


@pytest.fixture
def errors(definitions: Definitions, value_sets: ValueSets) -> Check:
    def check(elements: list[Element], resource: dict[str, Any]) -> set[tuple[str, str]]:
        stated = profile("p", resource["resourceType"], elements)
        validator = Validator(definitions, value_sets, {stated["url"]: stated})
        issues = validator.validate(resource, [stated["url"]])
        return {(issue.message.id, issue.expression) for issue in issues if issue.is_error}

    return check


def sliced(path: str, kind: str, by: str, rules: str = "open", *, ordered: bool = False) -> Element:
    discriminator = [{"type": kind, "path": by}]
    return {"id": path, "path": path, "slicing": {"discriminator": discriminator, "rules": rules, "ordered": ordered}}


def part(path: str, name: str, **more: Any) -> Element:
    return {"id": f"{path}:{name}", "path": path, "sliceName": name} | more


def inside(path: str, name: str, child: str, **more: Any) -> Element:
    return {"id": f"{path}:{name}.{child}", "path": f"{path}.{child}"} | more


def identifiers(rules: str = "open", *, ordered: bool = False) -> list[Element]:
    path = "Patient.identifier"
    return [
        sliced(path, "value", "system", rules, ordered=ordered),
        part(path, "cccd", min=1, max="1"),
        inside(path, "cccd", "system", min=1, fixedUri="urn:cccd"),
        inside(path, "cccd", "value", min=1),
        part(path, "card", min=0, max="*"),
        inside(path, "card", "system", min=1, fixedUri="urn:card"),
    ]


def patient(*systems: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "identifier": [{"system": f"urn:{name}", "value": "1"} for name in systems]}


@pytest.mark.parametrize(
    ("systems", "rules", "ordered", "expected"),
    [
        (("cccd",), "open", False, set()),
        (("cccd", "card", "card", "other"), "open", False, set()),
        (("card",), "open", False, {("VAL-2107", "Patient")}),
        (("cccd", "cccd"), "open", False, {("VAL-2106", "Patient")}),
        (("cccd", "other"), "closed", False, {("VAL-2108", "Patient.identifier[1]")}),
        (("other", "cccd"), "openAtEnd", False, {("VAL-2111", "Patient.identifier[0]")}),
        (("cccd", "other"), "openAtEnd", False, set()),
        (("card", "cccd"), "open", True, {("VAL-2110", "Patient.identifier[1]")}),
    ],
)
def test_by_value(
    errors: Check, systems: tuple[str, ...], rules: str, ordered: bool, expected: set[tuple[str, str]]
) -> None:
    assert errors(identifiers(rules, ordered=ordered), patient(*systems)) == expected


def test_what_a_slice_asks_of_its_members(errors: Check) -> None:
    resource = patient("cccd")
    del resource["identifier"][0]["value"]
    assert errors(identifiers(), resource) == {("VAL-2105", "Patient.identifier[0]")}


def test_by_pattern(errors: Check) -> None:
    path = "Observation.category"
    lab = {"coding": [{"system": "urn:c", "code": "lab"}]}
    elements = [
        sliced(path, "pattern", "$this"),
        part(path, "lab", min=1, max="1", patternCodeableConcept=lab),
    ]
    resource = {"resourceType": "Observation", "status": "final", "code": {"text": "a"}}
    assert errors(elements, resource | {"category": [lab | {"text": "Xét nghiệm"}]}) == set()
    assert errors(elements, resource | {"category": [{"text": "lab"}]}) == {("VAL-2107", "Observation")}


def test_by_type(errors: Check) -> None:
    path = "Observation.value[x]"
    elements = [
        sliced(path, "type", "$this", "closed"),
        part(path, "valueQuantity", type=[{"code": "Quantity"}]),
        {"id": f"{path}:valueQuantity.code", "path": f"{path}.code", "min": 1},
    ]
    resource = {"resourceType": "Observation", "status": "final", "code": {"text": "a"}}
    assert errors(elements, resource | {"valueQuantity": {"value": 1}}) == {
        ("VAL-2105", "Observation.value.ofType(Quantity)")
    }
    found = errors(elements, resource | {"valueString": "a"})
    assert {place for _, place in found} == {"Observation.value.ofType(string)"}


def test_by_existence(errors: Check) -> None:
    path = "Patient.name"
    elements = [
        sliced(path, "exists", "period"),
        part(path, "old", max="1"),
        inside(path, "old", "period", min=1),
        part(path, "now", min=1),
        inside(path, "now", "period", max="0"),
    ]
    old = {"text": "A", "period": {"end": "2020"}}
    assert errors(elements, {"resourceType": "Patient", "name": [old, {"text": "B"}]}) == set()
    assert errors(elements, {"resourceType": "Patient", "name": [old]}) == {("VAL-2107", "Patient")}


def test_by_profile_of_the_target(definitions: Definitions, value_sets: ValueSets) -> None:
    male = profile(
        "male", "Patient", [{"id": "Patient.gender", "path": "Patient.gender", "fixedCode": "male", "min": 1}]
    )
    path = "Bundle.entry"
    stated = profile(
        "men",
        "Bundle",
        [
            sliced(path, "profile", "resource", "closed"),
            part(path, "man", min=1),
            inside(path, "man", "resource", type=[{"code": "Patient", "profile": [male["url"]]}]),
        ],
    )
    validator = Validator(definitions, value_sets, {entry["url"]: entry for entry in (male, stated)})
    man = {"resourceType": "Patient", "gender": "male"}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"fullUrl": "urn:oid:1.2", "resource": man}]}
    assert not [issue for issue in validator.validate(bundle, [stated["url"]]) if issue.is_error]
    bundle["entry"][0]["resource"] = {"resourceType": "Patient", "gender": "female"}
    found = {issue.message.id for issue in validator.validate(bundle, [stated["url"]]) if issue.is_error}
    assert found == {"VAL-2107", "VAL-2108"}


def test_reslices(errors: Check) -> None:
    path = "Patient.telecom"
    elements = [
        sliced(path, "value", "system"),
        part(path, "phone", slicing={"discriminator": [{"type": "value", "path": "use"}], "rules": "open"}),
        inside(path, "phone", "system", fixedCode="phone", min=1),
        part(path, "phone/home", min=1, max="1"),
        inside(path, "phone/home", "use", fixedCode="home", min=1),
    ]
    home, work = ({"system": "phone", "value": "1", "use": use} for use in ("home", "work"))
    assert errors(elements, {"resourceType": "Patient", "telecom": [home, work]}) == set()
    assert errors(elements, {"resourceType": "Patient", "telecom": [work]}) == {("VAL-2107", "Patient")}
    assert errors(elements, {"resourceType": "Patient"}) == {("VAL-2107", "Patient")}
