"""Another engine as a second opinion: fhirpathpy, on generated expressions that both know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fhirpathpy import evaluate
from fhirpathpy.models import models
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.definitions import Definitions
from conformance.fhirpath import compile  # noqa: A004

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "active": True,
    "name": [
        {"use": "official", "family": "Nguyễn", "given": ["Văn", "An"]},
        {"use": "nickname", "text": "Tí", "given": ["An"]},
    ],
    "telecom": [{"system": "phone", "value": "0901", "rank": 2}, {"system": "email", "value": "a@b.vn", "rank": 1}],
    "birthDate": "1990-05-17",
    "deceasedBoolean": False,
    "multipleBirthInteger": 2,
    "contact": [{"name": {"family": "Trần"}, "telecom": [{"system": "phone", "value": "0902"}]}],
}

paths = st.sampled_from(
    [
        "name", "name.given", "name.family", "Patient.name.use", "telecom", "telecom.value", "telecom.rank", "id",
        "active", "photo", "photo.url", "contact.name.family", "contact.telecom.value", "deceased", "multipleBirth",
        "name.where(use = 'official').given", "telecom.where(system = 'phone').value", "name[0]", "name[1].given[0]",
        "name.select(given)", "name.given.distinct()", "name.given.first()", "telecom.tail()", "telecom.rank.skip(1)",
        "(name.given | name.family)", "name.given.take(2)", "name.given.combine(name.family)",
        "name.given.exclude('An')", "name.given.intersect('An' | 'B')", "name.repeat(given)", "{}",
    ]
)  # fmt: skip
numbers = st.one_of(
    st.integers(0, 99).map(str),
    st.decimals(0, 99, places=1).map(str),
    st.sampled_from(["telecom.rank.first()", "name.count()", "multipleBirth", "telecom.where(rank = 9).rank"]),
)
texts = st.sampled_from(["'a'", "'An'", "''", "id", "name.family.first()", "name.given.last()", "photo.url.first()"])

sums = st.builds("({} {} {})".format, numbers, st.sampled_from(["+", "-", "*", "div", "mod"]), numbers)
compared = st.builds(
    "({} {} {})".format, st.one_of(numbers, sums), st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), numbers
)
asked = st.builds("{}.{}".format, paths, st.sampled_from(["exists()", "empty()", "exists().not()", "isDistinct()"]))
found = st.builds("({} {} {})".format, texts, st.sampled_from(["=", "!=", "~", "in"]), texts)
spelled = st.builds(
    "{}.{}".format,
    texts,
    st.sampled_from(
        ["length()", "upper()", "lower()", "startsWith('A')", "contains('n')", "indexOf('n')", "substring(1)"]
    ),
)
questions = st.one_of(compared, asked, found)
logic = st.recursive(
    questions,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or", "xor", "implies"]), inner),
    max_leaves=5,
)
branches = st.builds("iif({}, {}, {})".format, questions, texts, numbers)
expressions = st.one_of(paths, sums, logic, spelled, branches)


def plain(value: Any) -> Any:
    """A value as both engines can be compared: numbers by their worth, a boolean as a boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return round(Decimal(str(value)), 8).normalize()


@settings(max_examples=300, deadline=None)
@given(expressions)
def test_two_engines_agree(definitions: Definitions, expression: str) -> None:
    ours = [plain(node.value) for node in compile(expression, definitions, "Patient").evaluate(PATIENT)]
    theirs = [plain(value) for value in evaluate(PATIENT, expression, {}, models["r4"])]
    assert ours == theirs
