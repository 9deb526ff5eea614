"""Questions that are answered on the JSON have the answers of the general evaluation."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.fhirpath import Environment, FhirPathError, Node
from conformance.fhirpath import compile as compile_path

PATIENTS: list[Any] = [
    {},
    {"gender": "male", "birthDate": "1984-11-05"},
    {"identifier": [{"system": "urn:a", "value": "12"}, {"system": "urn:b"}, {"system": "urn:a", "value": "x"}]},
    {"identifier": [{"system": "urn:a"}], "_gender": {"id": "g"}},
    {"identifier": {"system": "urn:a", "value": "12"}, "gender": ["male"]},
    {"identifier": ["urn:a", None, {"system": "urn:a", "value": "7"}], "gender": 1},
    {"contact": [{"telecom": [{"value": "1"}, {"value": "2", "system": "phone"}]}, {"telecom": "x"}]},
    {"contact": [{"relationship": [{"coding": [{"system": "urn:s", "code": "a"}]}]}]},
]
QUESTIONS = [
    "gender.startsWith('m')",
    "gender.endsWith('e')",
    "gender.contains('a').not()",
    "gender.matches('^m')",
    "identifier.where(system = 'urn:a').exists()",
    "identifier.where(system = 'urn:a' and value.matches('^[0-9]+$')).all(value.toInteger() > 10)",
    "identifier.where(system = 'urn:c').all(value.toInteger() > 10)",
    "identifier.where(system = 'urn:a').exists(value.matches('^[0-9]$'))",
    "identifier.all(system.exists())",
    "identifier.exists(value.empty())",
    "contact.telecom.where(value.exists() and system.empty()).exists()",
    "contact.telecom.all(value.exists())",
    "contact.relationship.coding.where(system = 'urn:s' and (code = 'b' or code = 'a')).empty()",
    "identifier.where(system = 'urn:a').value.first() = '12'",
    "identifier.select(where(system = 'urn:a').exists()).allTrue()",
]


def answer(definitions: Definitions, question: str, type_name: str, value: Any) -> object:
    environment = Environment(resource=value)
    try:
        return compile_path(question, definitions, type_name).truth(value, environment)
    except FhirPathError as error:
        return error.issues[0].message.id


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("patient", PATIENTS)
def test_of_an_object(definitions: Definitions, question: str, patient: dict[str, Any]) -> None:
    value = {"resourceType": "Patient", **patient}
    general = answer(definitions, question, "", Node(value, "Patient"))
    assert answer(definitions, question, "Patient", value) == general


@pytest.mark.parametrize("question", ["startsWith('a')", "matches('^[a-z]+$')", "contains('b') and endsWith('c')"])
@pytest.mark.parametrize("value", ["abc", "", "b", "A1"])
def test_of_a_text(definitions: Definitions, question: str, value: str) -> None:
    assert answer(definitions, question, "string", value) == answer(definitions, question, "", Node(value, "string"))


def test_what_needs_no_environment_says_so(definitions: Definitions) -> None:
    assert compile_path("gender.exists() or name.exists()", definitions, "Patient").is_local
    assert compile_path("matches('a')", definitions, "string").is_local
    assert not compile_path("%resource.gender = 'male'", definitions, "Patient").is_local
    assert not compile_path("gender.exists()", definitions).is_local
