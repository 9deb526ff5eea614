"""The short cut for names and ``ofType`` gives what the general evaluation gives, twins of primitives included."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from conformance.fhirpath.compiler import Compiler
from conformance.fhirpath.environment import NOTHING, frame_of
from conformance.fhirpath.functions import FUNCTIONS
from conformance.fhirpath.model import Model, Node
from conformance.fhirpath.parser import parse
from conformance.fhirpath.walks import node_walk

QUANTITY = {"value": 5, "unit": "mmol/L"}
OBSERVATIONS: list[dict[str, Any]] = [
    {"status": "final", "valueQuantity": QUANTITY},
    {"valueString": "dương tính", "_valueString": {"id": "x"}},
    {"_valueString": {"extension": [{"url": "http://x", "valueCode": "unknown"}]}},
    {"valueCodeableConcept": {"coding": [{"code": "a"}, {"code": "b"}]}, "effectiveDateTime": "2026-01-02"},
    {"component": [{"valueQuantity": QUANTITY}, {"valueInteger": 3}, {}], "effectivePeriod": {"start": "2026"}},
    {"extension": [{"url": "u", "valueUri": "v"}, {"url": "u", "valueUrl": "w"}, {"url": "u", "valueCode": "c"}]},
    {"contained": [{"resourceType": "Patient", "id": "p"}, {"resourceType": "Group", "id": "g"}]},
]
WALKED = [
    "status",
    "value.ofType(Quantity)",
    "value.ofType(Quantity).unit",
    "Observation.value.ofType(string)",
    "value.ofType(CodeableConcept).coding.code",
    "value.ofType(Period)",
    "component.value.ofType(Quantity).value",
    "component.value",
    "effective.ofType(dateTime)",
    "effective.ofType(Period).start",
    "extension.value.ofType(uri)",
    "extension.ofType(Extension).value",
    "extension.value.ofType(string)",
]
GENERAL = [
    "value.ofType(string).extension.value.ofType(code)",
    "ofType(Observation).status",
    "contained.ofType(Patient).id",
    "value.ofType(FHIR.Quantity).unit",
    "value.ofType(Quantity).ofType(Quantity)",
    "value.as(Quantity).unit",
    "component.first().value.ofType(Quantity)",
]


@pytest.mark.parametrize("expression", [*WALKED, *GENERAL])
def test_law_walks_give_what_closures_give(definitions: Definitions, expression: str) -> None:
    model = Model(definitions)
    walk = node_walk(parse(expression), model, "Observation")
    assert (walk is not None) is (expression in WALKED)
    general = Compiler(expression, model, FUNCTIONS).whole()
    for observation in OBSERVATIONS:
        focus = Node({"resourceType": "Observation", **observation}, "Observation")
        if walk is not None:
            assert walk(focus.value) == general(frame_of(focus, NOTHING), [focus])


def test_something_was_found_by_every_walk(definitions: Definitions) -> None:
    model = Model(definitions)
    for expression in WALKED:
        walk = node_walk(parse(expression), model, "Observation")
        assert walk is not None
        assert any(walk(one) for one in OBSERVATIONS) is (expression != "value.ofType(Period)")
