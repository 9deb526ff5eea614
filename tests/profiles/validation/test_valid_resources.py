"""Law: a resource drawn from the definitions themselves has no error.

What is drawn keeps to the elements, types and required codes. Rules between elements (invariants) and between resources
(Bundles, contained) are unknown to the generator, so only these may be broken by what it draws.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.definitions import Definitions
from profiles.validation import Options, Validator
from strategies.resources import ResourceStrategies
from terminology.membership import ValueSets


@pytest.fixture(scope="module")
def drawn(definitions: Definitions, value_sets: ValueSets) -> ResourceStrategies:
    return ResourceStrategies(definitions, value_sets)


STRUCTURE = Options(structure_only=True)

#: Messages of rules that no single element tells: invariants, search results, documents, conditions of questionnaires.
BETWEEN = (
    "VAL-2015",
    "VAL-2213",
    "VAL-222",
    "VAL-29",
    "VAL-2823",
    "VAL-2824",
    "VAL-232",
    "VAL-2310",
    "VAL-271",
    "VAL-2506",
)


def told(validator: Validator, resource: dict[str, Any]) -> list[tuple[str, str]]:
    simple = [issue for issue in validator.validate(resource, options=STRUCTURE) if issue.is_error]
    whole = [issue for issue in validator.validate(resource) if issue.is_error]
    issues = simple + [issue for issue in whole if not issue.message.id.startswith(BETWEEN)]
    return [(issue.expression, issue.text()) for issue in issues]


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
