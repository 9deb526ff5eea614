"""Every profile has valid examples that are valid, and invalid ones that are refused for the reason they were made."""

from __future__ import annotations

import pytest

from conformance.issues import Issue
from profiles.validation import Validator
from profiles.vn.declarations import profile
from profiles.vn.examples import Example, examples
from terminology.names import PROFILES, Names

GOOD = [example for example in examples() if not example.breaks]
BAD = [example for example in examples() if example.breaks]


def _named(example: Example) -> str:
    return example.name


def _errors(issues: list[Issue]) -> list[str]:
    return [f"{issue.expression}: {issue.text()}" for issue in issues if issue.is_error]


@pytest.mark.parametrize("example", GOOD, ids=_named)
def test_a_valid_example_has_no_error(example: Example, national_validator: Validator, names: Names) -> None:
    resource = example.resource(names)
    assert _errors(national_validator.validate(resource)) == []
    assert _errors(national_validator.validate(resource, [names.profile(example.profile)])) == []


@pytest.mark.parametrize("example", BAD, ids=_named)
def test_an_invalid_example_is_refused(example: Example, national_validator: Validator, names: Names) -> None:
    issues = national_validator.validate(example.resource(names))
    told = [f"{issue.expression} {issue.text()}" for issue in issues if issue.graded == example.severity]
    assert [text for text in told if example.breaks in text], told
    if example.severity != "error":
        assert _errors(issues) == []


def test_every_profile_has_valid_and_invalid_examples() -> None:
    assert {example.profile for example in GOOD} == set(PROFILES)
    assert {example.profile for example in BAD} == set(PROFILES)


def test_every_invariant_is_broken_by_an_example() -> None:
    keys = {rule["key"] for name in PROFILES for rule in profile(name).get("invariants", ())}
    assert keys - {example.breaks for example in BAD} == set()


def test_names_of_examples_are_ids() -> None:
    names = [example.name for example in examples()]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 64 and name.replace("-", "").isalnum() for name in names)


def test_examples_take_the_base_of_an_installation() -> None:
    made = GOOD[0].resource(Names("https://example.org/base"))
    assert made["meta"]["profile"][0].startswith("https://example.org/base/")
