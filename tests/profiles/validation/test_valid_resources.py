"""Law: a resource drawn from the definitions themselves has no issue."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.definitions import Definitions
from profiles.validation import Validator
from strategies.resources import ResourceStrategies
from terminology.membership import ValueSets


@pytest.fixture(scope="module")
def drawn(definitions: Definitions, value_sets: ValueSets) -> ResourceStrategies:
    return ResourceStrategies(definitions, value_sets)


def told(validator: Validator, resource: dict[str, Any]) -> list[tuple[str, str]]:
    return [(issue.expression, issue.text()) for issue in validator.validate(resource)]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_random_valid_resource_has_no_issue(
    data: st.DataObject, drawn: ResourceStrategies, validator: Validator
) -> None:
    resource = data.draw(drawn.any_resource())
    assert told(validator, resource) == []


@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_resource_type_has_a_valid_resource(
    data: st.DataObject, drawn: ResourceStrategies, validator: Validator, definitions: Definitions
) -> None:
    for type_name in definitions.resource_types:
        assert told(validator, data.draw(drawn.resource(type_name, depth=1))) == []
