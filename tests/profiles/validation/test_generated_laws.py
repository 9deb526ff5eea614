"""Law: no false alarm. Thousands of generated valid resources of all types have no error, with everything checked.

``make soak`` takes many more of them.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from conformance import xml_codec
from conformance.definitions import Definitions
from conformance.json_codec import decode, encode
from profiles.validation import Validator
from strategies.valid_resources import ValidResources
from terminology.membership import ValueSets

IS_SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
#: Resources of each type: 2,920 in all, and 14,600 in ``make soak``.
EACH = 100 if IS_SOAK else 20


def told(validator: Validator, resource: dict[str, Any]) -> list[tuple[str, str]]:
    """Places and texts of all issues; their order is that of the elements, which XML prescribes."""
    return sorted((issue.expression, issue.text()) for issue in validator.validate(resource))


@pytest.mark.parametrize(("seed", "size"), [(1, 4), (2, 10)], ids=["small", "large"])
def test_law_generated_resources_have_no_error(
    seed: int, size: int, definitions: Definitions, value_sets: ValueSets, validator: Validator
) -> None:
    made = ValidResources(definitions, value_sets, seed, size)
    found: dict[str, str] = {}
    for type_name in definitions.resource_types * (EACH // 2):
        resource = made.resource(type_name)
        errors = [issue for issue in validator.validate(resource) if issue.is_error]
        if errors:
            found[encode(resource).decode()] = "; ".join(f"{one.expression}: {one.text()}" for one in errors)
    assert found == {}


def test_law_both_formats_give_the_same_issues(
    definitions: Definitions, value_sets: ValueSets, validator: Validator
) -> None:
    """A resource read from XML is told the same as one read from JSON."""
    made = ValidResources(definitions, value_sets, 3, 6)
    for type_name in definitions.resource_types * (EACH // 20):
        resource = decode(encode(made.resource(type_name)))
        again = xml_codec.decode(xml_codec.encode(resource, definitions), definitions)
        assert told(validator, again) == told(validator, resource)


def test_the_generator_reaches_what_can_go_wrong(definitions: Definitions, value_sets: ValueSets) -> None:
    """The law above says something: every part of FHIR that has rules of its own is among what is generated."""
    made = ValidResources(definitions, value_sets, 1, 10)
    types = [*definitions.resource_types * 10, *["Bundle", "Questionnaire"] * 20]
    text = b"".join(encode(made.resource(type_name)) for type_name in types).decode()
    for part in (
        '"contained":[',
        '"reference":"#',
        '"modifierExtension":[',
        '"url":"http://hl7.org/fhir/StructureDefinition/',
        '"extension":[{"url":"part"',
        '"_',
        "[null",
        '"type":"document"',
        '"type":"transaction"',
        '"type":"searchset"',
        '"div":"<div',
        '"enableWhen":',
        '"differential":',
        '"numerator":',
        '"repeat":',
    ):
        assert part in text, part
