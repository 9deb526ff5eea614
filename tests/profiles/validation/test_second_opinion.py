"""fhir.resources (R4B) as a second opinion where a type is the same in R4 and R4B."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from conformance.definitions import Definitions
from profiles.validation import Options, Validator
from strategies.patients import large_patient
from strategies.resources import ResourceStrategies
from terminology.membership import ValueSets

#: Types without difference between R4 and R4B that the mappers write.
SAME = ("Patient", "Encounter", "Coverage", "Condition", "Procedure", "Organization", "Practitioner")

BROKEN: list[dict[str, Any]] = [
    {"surname": "A"},
    {"gender": ["male"]},
    {"birthDate": "1985-13-01"},
    {"name": {"text": "A"}},
    {"name": [{"given": "A"}]},
    {"active": "ja"},
    {"multipleBirthBoolean": True, "multipleBirthInteger": 2},
    {"link": [{"type": "refer"}]},
    {"contact": [{"gender": 1}]},
]


def errors(validator: Validator, resource: dict[str, Any]) -> list[str]:
    issues = validator.validate(resource, options=Options(structure_only=True))
    return [issue.text() for issue in issues if issue.is_error]


def accepts(resource: dict[str, Any]) -> bool:
    model = get_fhir_model_class(resource["resourceType"])
    try:
        model.model_validate(resource)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_both_refuse(broken: dict[str, Any], validator: Validator) -> None:
    resource = large_patient() | broken
    assert not accepts(resource)
    assert validator.validate(resource)


def test_both_accept_the_large_patient(validator: Validator) -> None:
    assert accepts(large_patient())
    assert errors(validator, large_patient()) == []


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), type_name=st.sampled_from(SAME))
def test_what_we_draw_as_valid_is_accepted_by_both(
    data: st.DataObject, type_name: str, definitions: Definitions, value_sets: ValueSets, validator: Validator
) -> None:
    resource = data.draw(ResourceStrategies(definitions, value_sets).resource(type_name, depth=1))
    assert errors(validator, resource) == []
    assert accepts(resource)
