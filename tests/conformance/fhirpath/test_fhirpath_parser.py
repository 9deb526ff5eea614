"""The N1 grammar as syntax trees, and errors with their places."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.fhirpath import FhirPathError, parse
from conformance.fhirpath.parser import MAX_DEPTH
from conformance.fhirpath.syntax import (
    Binary,
    Empty,
    External,
    Function,
    Indexer,
    Invoke,
    Literal,
    Member,
    Special,
    TypeTest,
    Unary,
)


def shape(text: str) -> str:
    """The tree of ``text`` with every operation in parentheses."""
    return _shape(parse(text))


def _shape(tree: object) -> str:
    match tree:
        case Literal(value, _, _, None):
            return repr(value)
        case Literal(value, _, _, unit):
            return f"{value} '{unit}'"
        case Empty():
            return "{}"
        case External(name):
            return f"%{name}"
        case Special(name) | Member(name):
            return name
        case Function(name, arguments):
            return f"{name}({', '.join(map(_shape, arguments))})"
        case Invoke(focus, step):
            return f"({_shape(focus)}.{_shape(step)})"
        case Indexer(focus, index):
            return f"{_shape(focus)}[{_shape(index)}]"
        case Unary(operator, operand):
            return f"({operator}{_shape(operand)})"
        case Binary(operator, left, right):
            return f"({_shape(left)} {operator} {_shape(right)})"
        case TypeTest(operator, operand, name):
            return f"({_shape(operand)} {operator} {name})"
    raise AssertionError(tree)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b.c", "((a.b).c)"),
        ("a or b and c", "(a or (b and c))"),
        ("a and b or c xor d", "(((a and b) or c) xor d)"),
        ("a implies b implies c", "((a implies b) implies c)"),
        ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
        ("-a.b + c", "((-(a.b)) + c)"),
        ("a div 2 mod 3", "((a div 2) mod 3)"),
        ("a | b = c | d", "((a | b) = (c | d))"),
        ("a = b in c", "((a = b) in c)"),
        ("a < b = c >= d", "((a < b) = (c >= d))"),
        ("a is Patient | b as FHIR.Quantity", "((a is Patient) | (b as FHIR.Quantity))"),
        ("(a as Quantity).value", "((a as Quantity).value)"),
        ("a[0].b[$index + 1]", "(a[0].b)[($index + 1)]"),
        ("a.where($this ~ 'x').contains('y')", "((a.where(($this ~ 'x'))).contains('y'))"),
        ("a.as(string)", "(a.as(string))"),
        ("{} & %resource", "({} & %resource)"),
        ("%`a-b` != %'c d'", "(%a-b != %c d)"),
        ("`div`.`a b`", "(div.a b)"),
        ("4 days > 5.50 'mg'", "(4 'days' > 5.50 'mg')"),
        ("a // note\n /* more\n */ .b", "(a.b)"),
        ("iif(a, b, c).is(System.Boolean)", "(iif(a, b, c).is((System.Boolean)))"),
        ("text.contains contains 'a'", "((text.contains) contains 'a')"),
    ],
)
def test_trees(text: str, expected: str) -> None:
    assert shape(text) == expected


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("'a\\'b\\u00e9\\n'", "a'bé\n", "System.String"),
        ("1.50", Decimal("1.50"), "System.Decimal"),
        ("7", 7, "System.Integer"),
        ("true", True, "System.Boolean"),
        ("@2026-11", "2026-11", "System.Date"),
        ("@2026-11-21T", "2026-11-21T", "System.DateTime"),
        ("@2026-11-21T08:30:00.5+07:00", "2026-11-21T08:30:00.5+07:00", "System.DateTime"),
        ("@T08:30", "08:30", "System.Time"),
    ],
)
def test_literals(text: str, value: object, kind: str) -> None:
    found = parse(text)
    assert isinstance(found, Literal)
    assert (found.value, found.type) == (value, kind)


@pytest.mark.parametrize("word", ["div", "mod", "and", "or", "true"])
def test_words_of_the_grammar_name_elements_behind_a_point(word: str) -> None:
    assert parse(f"text.{word}") == parse(f"text.`{word}`")
    with pytest.raises(FhirPathError):
        parse(f"text {word}.text")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a.(b)", 1, 3),
        ("a +", 1, 4),
        ("a.where(b", 1, 10),
        ("a\n  ? b", 2, 3),
        ("a b", 1, 3),
        ("'a\\q'", 1, 3),
        ("f(a,)", 1, 5),
        ("$that", 1, 1),
        ("", 1, 1),
        ("a is 5", 1, 6),
    ],
)
def test_errors_tell_the_place(text: str, line: int, column: int) -> None:
    with pytest.raises(FhirPathError) as caught:
        parse(text)
    (issue,) = caught.value.issues
    assert (issue.params["line"], issue.params["column"]) == (line, column)
    assert "FHIRPath" in issue.text("vi")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(FhirPathError, match="too deeply"):
        parse("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1))


@given(st.text(alphabet="ab.()[]'`{}%$@+-*/|<>=!~ &0123\\\n,", max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with suppress(FhirPathError):
        parse(text)
