"""The official validator cases: agreement with HL7's validator, and every disagreement explained."""

from __future__ import annotations

from pathlib import Path

import pytest
import validator_suite
from validator_suite import Outcome, Suite

from conformance.definitions import Definitions


@pytest.fixture(scope="module")
def outcomes(testdata: Path, definitions: Definitions) -> list[Outcome]:
    return Suite(testdata / "validator", definitions).outcomes


def test_the_verdict_agrees(outcomes: list[Outcome]) -> None:
    share = sum(outcome.agrees for outcome in outcomes) / len(outcomes)
    assert share >= 0.92, share


def test_the_number_of_errors_agrees(outcomes: list[Outcome]) -> None:
    share = sum(outcome.ours == outcome.java for outcome in outcomes) / len(outcomes)
    assert share >= 0.75, share


def test_every_disagreement_is_explained(outcomes: list[Outcome]) -> None:
    texts, cases = validator_suite.reasons()
    differing = {outcome.key for outcome in outcomes if outcome.ours != outcome.java}
    assert differing == set(cases)
    assert set(cases.values()) == set(texts)
    assert {text["right"] for text in texts.values()} <= {"ours", "HL7", "both", "open"}


def test_the_page_is_up_to_date(outcomes: list[Outcome]) -> None:
    assert validator_suite.PAGE.read_text(encoding="utf-8") == validator_suite.page(outcomes)
