"""Expressions and values meant to exhaust the machine."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lines_run import lines_run

from conformance.definitions import Definitions
from conformance.fhirpath import Environment, FhirPathError, compile, parse  # noqa: A004

PATIENT = {"resourceType": "Patient", "name": [{"family": "a" * 200, "given": ["b", "c"]}]}


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "-" * 10_000 + "1",
        "a" + ".a" * 10_000,
        "1" + " + 1" * 10_000,
        "a[" * 5_000,
        "not(" * 5_000,
        "/*" * 30_000,
        "'" + "\\'" * 30_000,
        "iif(true, " * 3_000,
        "true" + " and true" * 1_000,
    ],
)
def test_texts_without_bound_are_refused_at_once(text: str) -> None:
    def refused() -> None:
        with pytest.raises(FhirPathError):
            parse(text)

    assert lines_run(refused) < 100 * len(text)


@pytest.mark.parametrize(
    "expression",
    [
        "Patient.name.repeatAll($this)",
        "(1|2|3|4|5|6|7|8|9|10).aggregate($total.combine($total).combine($this), 1 | 2).count()",
        "name.family" + ".replace('a', 'aaaaaaaa')" * 12,
        "name.family" + ".replace('', 'aaaaaaaa')" * 12,
        "name.family" + ".replaceMatches('.', 'aaaaaaaa')" * 12,
        "%resource.descendants()" + ".select(%resource.descendants())" * 12,
        "name.given" + ".combine($this.name.given)" * 3 + ".select(%resource.descendants())" * 10,
    ],
)
def test_work_without_bound_is_stopped(definitions: Definitions, expression: str) -> None:
    def stopped() -> None:
        with suppress(FhirPathError):
            compile(expression, definitions, "Patient").evaluate(PATIENT, Environment(limit=50_000))

    assert lines_run(stopped) < 10_000_000, "without bound it would be 8 to the power of 12 and more"


@pytest.mark.parametrize(
    "expression",
    [
        "9.power(999999999)",
        "2.power(2.power(60))",
        "(1|2|3|4|5|6|7|8|9|10|11|12).aggregate($total * $total, 9223372036854775807)",
        "999999999999999999999999999999999999999.0.exp()",
        "1.0 / 0",
        "5 mod 0",
        "9223372036854775807 + 1",
        "@9999-12-31 + 1 day",
        "@0001-01-01 - 1 month",
        "@2020-01-01 + 99999999999999999999 years",
        "1 'm' * 1 'm'",
        "1 '(((((((((((((((((((((((((m' = 1 'm'",
        "0.ln()",
        "'9999999999999999999999'.toInteger()",
    ],
)
def test_numbers_out_of_bounds_are_no_error(definitions: Definitions, expression: str) -> None:
    def asked() -> None:
        assert len(compile(expression, definitions).evaluate({})) <= 1

    asked()
    assert lines_run(asked) < 3_000


def test_patterns_run_in_linear_time(definitions: Definitions) -> None:
    """An engine that goes back would not end: it has 2 to the power of 50,000 ways to try."""
    value = {"resourceType": "Patient", "name": [{"family": "a" * 50_000 + "!"}]}
    assert compile("name.family.matches('^(a+)+$')", definitions, "Patient").truth(value) is False


@pytest.mark.parametrize("pattern", ["(?=a)b", "(a)\\\\1", "("])
def test_patterns_that_could_backtrack_are_refused(definitions: Definitions, pattern: str) -> None:
    with pytest.raises(FhirPathError) as caught:
        compile(f"name.family.matches('{pattern}')", definitions, "Patient").truth(PATIENT)
    assert caught.value.issues[0].message.id == "CNF-1613"


def test_of_many_contained_resources_each_is_looked_for_in_what_was_collected_once(definitions: Definitions) -> None:
    """dom-3 asks of each contained resource whether anything refers to it; the references are the same for all."""
    count = 500
    value: dict[str, object] = {
        "resourceType": "Patient",
        "contained": [{"resourceType": "Practitioner", "id": f"p{n}"} for n in range(count)],
        "generalPractitioner": [{"reference": f"#p{n}"} for n in range(count)],
    }
    (rule,) = [one for one in definitions.structure("DomainResource").constraints if one.key == "dom-3"]
    expression = compile(rule.expression, definitions, "Patient")
    assert expression.as_bool(value)
    comparisons = count * count // 2
    assert lines_run(lambda: expression.as_bool(value)) < 25 * comparisons, "collecting anew takes 40 lines for each"


@given(st.text(alphabet="namewhrxist().='1|+-$%@ ", max_size=30))
def test_any_text_compiles_and_runs_or_is_refused(definitions: Definitions, text: str) -> None:
    with suppress(FhirPathError):
        compile(text, definitions, "Patient").evaluate(PATIENT, Environment(limit=10_000))
