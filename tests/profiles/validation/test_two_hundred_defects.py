"""Each of more than two hundred planted defects gives an error at its place, and none outside its declared cascade."""

from __future__ import annotations

import re
from typing import Any

import pytest

from conformance.definitions import Definitions
from profiles.validation import Validator
from strategies import planted_profiles, planted_rules
from strategies.planted import Defect, Planter
from terminology.membership import ValueSets

WANTED = 200

#: ``deceased.ofType(boolean)`` and ``deceased`` are one place.
_CHOICE = re.compile(r"\.ofType\(\w+\)")


@pytest.fixture(scope="module")
def judge(definitions: Definitions, value_sets: ValueSets) -> Validator:
    return Validator(definitions, value_sets, planted_profiles.STRUCTURES)


def told(judge: Validator, resource: dict[str, Any], profile: str) -> dict[str, str]:
    """Texts of the errors by their place."""
    issues = judge.validate(resource, [profile] if profile else [])
    return {issue.expression: f"{issue.message.id} {issue.text()}" for issue in issues if issue.is_error}


def is_at(expression: str, place: str) -> bool:
    """Whether an error is at a place or inside of it, and not elsewhere in the resource."""
    plain, wanted = _CHOICE.sub("", expression), _CHOICE.sub("", place)
    return plain == wanted or ("." in wanted and plain.startswith((f"{wanted}.", f"{wanted}[")))


def is_found(judge: Validator, defect: Defect) -> str:
    """Empty when the defect is told as it should be, else what is wrong."""
    alarm = told(judge, defect.sound, defect.profile)
    if alarm:
        return f"{defect.name}: the sound resource has {alarm}"
    found = told(judge, defect.resource, defect.profile)
    at_place = [expression for expression in found if is_at(expression, defect.expression)]
    places = (defect.expression, *defect.cascade)
    others = [one for one in found if not any(is_at(one, place) for place in places)]
    if at_place and not others:
        return ""
    return f"{defect.name}: wanted {defect.expression}, found {found}"


@pytest.mark.parametrize("rules", [planted_rules, planted_profiles], ids=["rules", "profiles"])
def test_defects_of_rules_are_found_at_their_place(rules: Any, judge: Validator) -> None:
    assert [text for defect in rules.defects() if (text := is_found(judge, defect))] == []


def test_defects_of_structure_are_found_at_their_place(
    definitions: Definitions, value_sets: ValueSets, judge: Validator
) -> None:
    assert [text for one in Planter(definitions, value_sets).all() if (text := is_found(judge, one))] == []


def test_there_are_as_many_as_promised(definitions: Definitions, value_sets: ValueSets) -> None:
    by_structure = list(Planter(definitions, value_sets).all())
    by_rules = [*planted_rules.defects(), *planted_profiles.defects()]
    names = [defect.name for defect in (*by_structure, *by_rules)]
    assert len(set(names)) == len(names) >= WANTED
    assert len(by_rules) >= WANTED // 2
