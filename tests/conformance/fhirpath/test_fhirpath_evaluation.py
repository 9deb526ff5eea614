"""Expressions over decoded resources."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.fhirpath import FhirPathError, Model, Node, compile_path, parse, plain_paths
from conformance.fhirpath.compiler import Compiler
from conformance.fhirpath.environment import NOTHING, frame_of
from conformance.fhirpath.functions import FUNCTIONS

ELSEWHERE = "https://example.org/fhir/Organization/2"
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Trạm y tế"}],
    "extension": [{"url": "http://example.org/a", "valueString": "x"}],
    "name": [
        {"use": "official", "family": "Nguyễn", "given": ["Văn", None, "An"], "_given": [None, {"id": "g"}, None]},
        {"use": "nickname", "text": "Tí"},
    ],
    "_birthDate": {"extension": [{"url": "http://example.org/time", "valueTime": "08:00:00"}]},
    "deceasedBoolean": False,
    "managingOrganization": {"reference": "#o"},
    "generalPractitioner": [
        {"reference": "Practitioner/1"},
        {"reference": ELSEWHERE},
        {"type": "Practitioner", "identifier": {"value": "3"}},
    ],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
}


def find(definitions: Definitions, expression: str, resource: dict[str, Any] = PATIENT) -> list[tuple[Any, str]]:
    nodes = compile_path(expression, definitions, resource["resourceType"])(resource)
    return [(node.value, node.type) for node in nodes]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Patient.name.family", [("Nguyễn", "string")]),
        ("name.given", [("Văn", "string"), ("An", "string")]),
        ("Patient.deceased", [(False, "boolean")]),
        ("(Patient.deceased as dateTime)", []),
        ("Patient.deceased.ofType(boolean)", [(False, "boolean")]),
        ("Patient.telecom.where(system='email').value", [("2", "string")]),
        ("Patient.extension('http://example.org/a').value", [("x", "string")]),
        ("Patient.name.where(use = 'official').given.last()", [("An", "string")]),
        ("Patient.name[1].text | Patient.name.text", [("Tí", "string")]),
        ("Patient.name.count() = 2", [(True, "boolean")]),
        ("Patient.deceased.exists() and Patient.deceased != false", [(False, "boolean")]),
        ("Patient.photo.empty().not()", [(False, "boolean")]),
        ("Patient.birthDate.extension('http://example.org/time').value", [("08:00:00", "time")]),
        ("Patient.managingOrganization.resolve().name", [("Trạm y tế", "string")]),
        ("Patient.generalPractitioner.where(resolve() is Organization).reference", [(ELSEWHERE, "string")]),
        ("Patient.name.exists(use = 'nickname')", [(True, "boolean")]),
        ("'a' in ('a' | 'b')", [(True, "boolean")]),
        ("('a' | 'b') contains 'c'", [(False, "boolean")]),
        ("%resource.id", [("p", "id")]),
        ("Patient.name.tail().use", [("nickname", "code")]),
        ("Patient.name.where($index = 1).use", [("nickname", "code")]),
        ("Patient.unknown", []),
    ],
)  # fmt: skip
def test_values_and_their_types(definitions: Definitions, expression: str, expected: list[tuple[Any, str]]) -> None:
    assert find(definitions, expression) == expected


def test_three_valued_logic(definitions: Definitions) -> None:
    table = {
        "{} and false": [False],
        "{} and true": [],
        "{} or true": [True],
        "{} or false": [],
        "{} xor true": [],
        "true xor false": [True],
        "{} implies true": [True],
        "false implies {}": [True],
        "true implies {}": [],
        "{} = 1": [],
        "true = 1": [False],
    }
    for expression, expected in table.items():
        assert [value for value, _ in find(definitions, expression)] == expected, expression


def test_resources_tell_their_own_type(definitions: Definitions) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": PATIENT}, {"resource": {"resourceType": "Basic"}}]}
    assert find(definitions, "Bundle.entry[0].resource", bundle) == [(PATIENT, "Patient")]
    assert find(definitions, "Bundle.entry.resource.ofType(Patient).id", bundle) == [("p", "id")]
    assert find(definitions, "Bundle.entry[0].resource is DomainResource", bundle) == [(True, "boolean")]


def test_content_references_repeat(definitions: Definitions) -> None:
    inner = {"linkId": "2", "answer": [{"valueReference": {"reference": "Patient/1"}}]}
    response = {"resourceType": "QuestionnaireResponse", "item": [{"linkId": "1", "item": [inner]}]}
    assert find(definitions, "QuestionnaireResponse.item.item.answer.value.ofType(Reference).reference", response) == [
        ("Patient/1", "string")
    ]


@pytest.mark.parametrize(
    ("expression", "id", "column"),
    [
        ("Patient.name.frobnicate()", "CNF-1602", 14),
        ("Patient.name.where()", "CNF-1603", 14),
        ("a.extension(b)", "CNF-1603", 3),
        ("a.as('x')", "CNF-1603", 3),
        ("a.first(1)", "CNF-1603", 3),
        ("a.is(Patientt)", "CNF-1607", 3),
        ("@2026-02-30", "CNF-1601", 1),
        ("%unknown.a", "CNF-1605", 1),
    ],
)
def test_what_is_not_known_is_refused_with_its_place(
    definitions: Definitions, expression: str, id: str, column: int
) -> None:
    with pytest.raises(FhirPathError) as caught:
        compile_path(expression, definitions, "Patient")
    (issue,) = caught.value.issues
    assert (issue.message.id, issue.params["column"]) == (id, column)


@pytest.mark.parametrize(
    "expression",
    [
        "Patient.name.given",
        "(Patient.deceased as boolean) | Patient.name.family",
        "Patient.telecom.where(system='phone')",
        "Patient.generalPractitioner.where(resolve() is Practitioner)",
        "Patient.extension('http://example.org/a')",
        "Patient.managingOrganization",
    ],
)
def test_walks_find_what_closures_find(definitions: Definitions, expression: str) -> None:
    """The short cut for plain paths agrees with the general evaluation."""
    model = Model(definitions)
    assert plain_paths(parse(expression), model, "Patient") is not None
    focus = Node(PATIENT, "Patient")
    general = Compiler(expression, model, FUNCTIONS).whole()(frame_of(focus, NOTHING), [focus])
    expected = [(node.value, node.type) for node in general if node.value is not None]
    assert find(definitions, expression) == expected
