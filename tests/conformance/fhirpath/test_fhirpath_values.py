"""Dates, quantities, boundaries, equality: the laws, and the rules that precision sets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.definitions import Definitions
from conformance.fhirpath import Environment, FhirPathError, Node, compile  # noqa: A004
from conformance.fhirpath.functions.boundaries import bounded
from conformance.fhirpath.functions.narrative import is_clean
from conformance.fhirpath.moments import compare, moment
from conformance.fhirpath.precision import boundary
from conformance.fhirpath.quantities import read_quantity
from conformance.fhirpath.ucum import unit
from conformance.fhirpath.ucum_units import METRIC, PLAIN, PREFIXES, SCALES

ENVIRONMENT = Environment(now="2026-11-21T08:30:00+07:00", variables={"limit": 3, "words": ["a", "b"], "none": None})


def values(definitions: Definitions, expression: str, value: Any = None) -> list[Any]:
    compiled = compile(expression, definitions, variables=ENVIRONMENT.variables)
    return [node.value for node in compiled.evaluate(value if value is not None else {}, ENVIRONMENT)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@2026-02-28 + 1 day", ["2026-03-01"]),
        ("@2024-01-31 + 1 month", ["2024-02-29"]),
        ("@2024-02-29 - 1 year", ["2023-02-28"]),
        ("@2024 + 18 months", ["2025"]),
        ("@2024-03 + 61 days", ["2024-05"]),
        ("@2024-03-01 + 36 hours", ["2024-03-02"]),
        ("@T23:30 + 45 minutes", ["00:15"]),
        ("@2024-03-01T10:00 + 90 minutes", ["2024-03-01T11:30"]),
        ("@2024-03-01T10:00:00Z - 10 'ms'", ["2024-03-01T09:59:59.990Z"]),
        ("@2026-11-21T00:30:00+07:00 = @2026-11-20T17:30:00Z", [True]),
        ("@2026-11-21T10:00:00 = @2026-11-21T10:00:00Z", [False]),
        ("@2026-11-21T10:00:00 = @2026-11-21T03:00:00Z", [True]),
        ("@2026-11-21 = @2026-11-21T10:00:00Z", []),
        ("@2026-11-21 < @2026-11-22T10:00:00Z", []),
        ("@2026-11-21 < @2026-11-23T10:00:00Z", [True]),
        ("'abc'.substring(1, {})", ["bc"]),
        ("'abc'.substring({}, 1)", []),
        ("'abc'.replaceMatches('', 'x')", ["abc"]),
        ("'\\\\\"1<2\\\\\"'.unescape('json')", ['"1<2"']),
        ("@2026-11-21T10:00:00 < @2026-11-25T10:00:00Z", [True]),
        ("@2026-11 < @2026-12-01", [True]),
        ("@2026-11 <= @2026-11-30", []),
        ("@T10:30 = @T10:30:00", []),
        ("1 'mg/dL' = 10 'mg/L'", [True]),
        ("37 'Cel' = 98.6 '[degF]'", [True]),
        ("3 '[tsp_us]' = 1 '[tbs_us]'", [True]),
        ("1 year = 1 'a'", []),
        ("1 year ~ 1 'a'", [True]),
        ("1 'mg' = 1 's'", []),
        ("1 'mg' < 1 's'", []),
        ("2 'cm' * 3 'cm' = 6 'cm2'", [True]),
        ("1 'h' + 30 'min' = 90 'min'", [True]),
        ("(3 'm' + 4 'cm').toString()", ["304 'cm'"]),
        ("(4 'cm' - 3 'm').toString()", ["-296 'cm'"]),
        ("1 week + 1 day = 8 days", [True]),
        ("(1 day + 1 hour).toString()", ["25 hours"]),
        ("20 'Cel' + 1 'K'", []),
        ("-(5 'mg') = -5 'mg'", [True]),
        ("'4 days'.toQuantity() = 4 days", [True]),
        ("10 'mg'.toQuantity('g') = 10 'mg'", [True]),
        ("10 'mg'.toQuantity('s').empty()", [True]),
        ("0.1 + 0.2 = 0.3", [True]),
        ("7 div 2", [3]),
        ("-7 div 2", [-3]),
        ("-7 mod 2", [-1]),
        ("2.5.round() | (-2.5).round()", [3, -3]),
        ("8.log(2)", [3]),
        ("0.25.sqrt()", [Decimal("0.5")]),
        ("today() | timeOfDay()", ["2026-11-21", "08:30:00"]),
        ("now()", ["2026-11-21T08:30:00+07:00"]),
        ("%limit + 1", [4]),
        ("%words.count()", [2]),
        ("%none.exists()", [False]),
        ("%`ext-patient-birthPlace`", ["http://hl7.org/fhir/StructureDefinition/patient-birthPlace"]),
        ("'a-b-c'.lastIndexOf('-')", [3]),
        ("'abc'.toChars().join('+')", ["a+b+c"]),
        ("'12 ab'.replaceMatches('([0-9]+) (.*)', '$2-$1')", ["ab-12"]),
        ("'a' & {} & 'b'", ["ab"]),
        ("'a' + {}", []),
        ('\'{"a"}\'.escape(\'json\').unescape(\'json\')', ['{"a"}']),
        ("'zz'.decode('hex')", None),
        ("(3 | 1 | 2).sort()", [1, 2, 3]),
        ("('b' | 'a').sort(-$this)", ["b", "a"]),
        ("(1 | 2 | 3).aggregate($total + $this, 0)", [6]),
        ("(1 | 2).select($index)", [0, 1]),
        ("(1 | 2 | 3).where($this > 1).first()", [2]),
        ("1.combine(1).distinct().count()", [1]),
        ("(true | false).anyTrue()", [True]),
        ("(1 = 1).type().name", ["Boolean"]),
        ("1 is System.Any", [True]),
        ("'5'.toInteger() is Integer", [True]),
        ("'2026-11-21T08:30:00Z'.toDate() = @2026-11-21", [True]),
        ("1 < 'a'", None),
        ("(1 | 2) + 1", None),
        ("today() + 1 'mo'", None),
        ("(1 | 2).single()", None),
    ],
)  # fmt: skip
def test_what_expressions_give(definitions: Definitions, expression: str, expected: list[Any] | None) -> None:
    if expected is None:
        with pytest.raises(FhirPathError):
            values(definitions, expression)
    else:
        assert values(definitions, expression) == expected


def test_what_is_not_given_is_told(definitions: Definitions) -> None:
    for expression in ("now()", "slice('http://x', 'a')", "conformsTo('http://example.org/Profile')"):
        with pytest.raises(FhirPathError) as caught:
            compile(expression, definitions).evaluate({"resourceType": "Patient"})
        assert caught.value.issues[0].message.id == "CNF-1612", expression


def test_the_environment_answers(definitions: Definitions) -> None:
    seen: list[tuple[str, int]] = []
    patient = {"resourceType": "Patient", "gender": "male", "managingOrganization": {"reference": "Organization/1"}}
    environment = Environment(
        resolve=lambda reference: {"resourceType": reference.partition("/")[0], "name": "A"},
        member_of=lambda value_set, node: {"http://x/vs": node.value == "male"}.get(value_set),
        conforms_to=lambda profile, node: node.type == "Patient" if profile == "http://x/p" else None,
        in_slice=lambda _structure, name, node: node.value == name,
        trace=lambda name, nodes: seen.append((name, len(nodes))),
    )

    def ask(expression: str) -> list[Any]:
        return [node.value for node in compile(expression, definitions, "Patient").evaluate(patient, environment)]

    assert ask("managingOrganization.resolve().name") == ["A"]
    assert ask("gender.memberOf('http://x/vs')") == [True]
    assert ask("gender.memberOf('http://y')") == []
    assert ask("conformsTo('http://x/p')") == [True]
    assert ask("conformsTo('http://hl7.org/fhir/StructureDefinition/DomainResource')") == [True]
    assert ask("gender.slice('http://x', 'male')") == ["male"]
    assert ask("gender.trace('g').exists()") == [True]
    assert ask("elementDefinition().path") == ["Patient"]
    assert seen == [("g", 1)]


def test_modifier_extensions_are_checked(definitions: Definitions) -> None:
    patient = {"resourceType": "Patient", "modifierExtension": [{"url": "http://x", "valueCode": "a"}]}
    assert compile("checkModifiers('http://x').exists()", definitions, "Patient").truth(patient) is True
    with pytest.raises(FhirPathError):
        compile("checkModifiers('http://y').exists()", definitions, "Patient").truth(patient)


def test_roots(definitions: Definitions) -> None:
    inner = {"resourceType": "Organization", "id": "o", "name": "A"}
    root = {"resourceType": "Patient", "id": "p", "contained": [inner]}
    environment = Environment(resource=inner, root=root)
    compiled = compile("%resource.id | %rootResource.id | %context", definitions, "string")
    assert [node.value for node in compiled.evaluate("A", environment)] == ["o", "p", "A"]


def test_a_primitive_keeps_what_stands_beside_it(definitions: Definitions) -> None:
    patient = {"resourceType": "Patient", "birthDate": "2000-01-01", "_birthDate": {"id": "b"}}
    (node,) = compile("Patient.birthDate", definitions, "Patient").evaluate(patient)
    assert node == Node("2000-01-01", "date", {"id": "b"})
    assert compile("birthDate.children()", definitions, "Patient").evaluate(patient) == [Node("b", "string")]


@pytest.mark.parametrize("name", [*METRIC, *PLAIN, *SCALES])
def test_every_unit_of_the_table_is_readable(name: str) -> None:
    assert unit(name) is not None


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes(prefix: str) -> None:
    found, base = unit(f"{prefix}m"), unit("m")
    assert found is not None
    assert base is not None
    assert found.factor == Decimal(10) ** PREFIXES[prefix] or found.factor * Decimal(10) ** -PREFIXES[prefix] == 1


@pytest.mark.parametrize("name", ["", "x", "mgg", "m--", "(m", "m)", "10**", "Celsius", "m99999", "{a", "m." * 60])
def test_what_is_no_unit(name: str) -> None:
    assert unit(name) is None


dates = st.dates(date(1000, 1, 1), date(9000, 1, 1)).map(date.isoformat)
amounts = st.builds("{} {}".format, st.integers(-500, 500), st.sampled_from(["days", "weeks", "months", "years"]))


@given(dates, dates)
def test_order_of_days_is_that_of_the_calendar(one: str, other: str) -> None:
    left, right = moment(one), moment(other)
    assert left is not None
    assert right is not None
    assert compare(left, right) == (one > other) - (one < other)


@given(dates, st.sampled_from([4, 6, 8, 17]))
def test_a_moment_lies_between_its_boundaries(text: str, cut: int) -> None:
    found = moment(text[:7])
    assert found is not None
    low, high = (moment(boundary(found, cut, last=last) or "") for last in (False, True))
    assert low is not None
    assert high is not None
    assert compare(low, high) in (-1, 0)


@given(st.decimals(-1000, 1000, allow_nan=False, places=3))
def test_a_number_lies_between_its_boundaries(value: Decimal) -> None:
    assert bounded(value, 8, last=False) < value < bounded(value, 8, last=True)


@given(st.decimals(0, 10**6, allow_nan=False, places=2), st.sampled_from(["mg", "days", "1", "kg/m2"]))
def test_quantities_are_read_as_they_are_written(value: Decimal, text: str) -> None:
    found = read_quantity(f"{value} {text}" if text == "days" else f"{value} '{text}'")
    assert found is not None
    assert read_quantity(found.text) == found


@pytest.mark.parametrize(
    ("inner", "clean"),
    [
        ("<p>Đã khám</p>", True),
        ("<b>a</b>&nbsp;&amp;<br/>", True),
        ('<img src="a.png" alt="x"/>', True),
        ('<a href="http://example.org">x</a>', True),
        ("<script>alert(1)</script>", False),
        ('<p onclick="x()">a</p>', False),
        ('<a href="java\nscript:x()">a</a>', False),
        ("<form>a</form>", False),
        ("<iframe src='x'>a</iframe>", False),
        ("   ", False),
        ("<p>a", False),
    ],
)
def test_narratives(inner: str, clean: bool) -> None:
    assert is_clean(f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>') is clean
    assert not is_clean(f"<div>{inner}</div>")


def test_the_value_of_a_primitive_is_of_a_system_type(definitions: Definitions) -> None:
    patient = {"resourceType": "Patient", "active": True, "birthDate": "2020-01", "name": [{"given": ["An", "Bình"]}]}
    for expression, expected in (
        ("Patient.active.getValue()", [(True, "System.Boolean")]),
        ("Patient.birthDate.getValue()", [("2020-01", "System.Date")]),
        ("Patient.name.given.getValue()", []),
        ("Patient.name.getValue()", []),
        ("Patient.gender.getValue()", []),
    ):
        found = compile(expression, definitions, "Patient").evaluate(patient)
        assert [(node.value, node.type) for node in found] == expected, expression
