"""Elements of a profile: expressions that can be read, values and bindings that suit the types."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from profiles.validation import Validator

CORE = "http://hl7.org/fhir/StructureDefinition/"
VALUE_SET = "https://example.org/ValueSet/v"


def rule(expression: str) -> dict[str, Any]:
    return {"constraint": [{"key": "own-1", "severity": "error", "human": "x", "expression": expression}]}


def told(validator: Validator, path: str, more: dict[str, Any]) -> list[tuple[str, str]]:
    type_name = path.partition(".")[0]
    definition = {
        "resourceType": "StructureDefinition",
        "url": "https://example.org/StructureDefinition/p",
        "name": "P",
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": type_name,
        "baseDefinition": CORE + type_name,
        "derivation": "constraint",
        "differential": {"element": [{"id": path, "path": path} | more]},
    }
    return [(issue.message.id, issue.expression) for issue in validator.validate(definition) if issue.is_error]


@pytest.mark.parametrize(
    ("path", "more", "message", "place"),
    [
        ("Patient.name", rule("given.exists("), "VAL-2715", "constraint[0].expression"),
        ("Patient.name", rule("given.unheard()"), "VAL-2715", "constraint[0].expression"),
        ("Patient.birthDate", {"patternString": "x"}, "VAL-2716", "patternString"),
        ("Observation.value[x]", {"fixedAddress": {"city": "x"}}, "VAL-2716", "fixedAddress"),
        ("Patient.birthDate", {"binding": {"strength": "required", "valueSet": VALUE_SET}}, "VAL-2717", "binding"),
    ],
)
def test_what_is_wrong(path: str, more: dict[str, Any], message: str, place: str, validator: Validator) -> None:
    assert told(validator, path, more) == [(message, f"StructureDefinition.differential.element[0].{place}")]


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("Patient.name", rule("given.exists()")),
        ("Patient.name", rule("family.matches('^(?!x).*$')")),
        ("Observation.value[x]", {"patternCodeableConcept": {"text": "x"}}),
        ("Observation.status", {"fixedCode": "final"}),
        ("Observation.value[x]", {"binding": {"strength": "required", "valueSet": VALUE_SET}}),
        ("Patient.contact.relationship.coding.code", {"patternCode": "C"}),
    ],
)
def test_what_is_right(path: str, more: dict[str, Any], validator: Validator) -> None:
    assert told(validator, path, more) == []


def test_the_published_definitions_are_right(definitions: Definitions, validator: Validator) -> None:
    found = set()
    for canonical in sorted(definitions.canonicals("StructureDefinition"))[::8]:
        issues = validator.validate(definitions.resource("StructureDefinition", canonical))
        found |= {issue.message.id for issue in issues}
    assert found.isdisjoint({"VAL-2715", "VAL-2716", "VAL-2717"})
