"""The official FHIRPath cases for R4: https://github.com/FHIR/fhir-test-cases, ``r4/fhirpath/tests-fhir-r4.xml``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from conformance.definitions import Definitions
from conformance.fhirpath import Environment, FhirPathError, Node, compile  # noqa: A004
from conformance.fhirpath.quantities import Quantity

NOW = "2026-11-21T08:30:00.000+07:00"

#: Case -> why this engine answers otherwise. ``docs/fhirpath.md`` shows this table.
EXCEPTIONS: dict[str, str] = {}


@dataclass(frozen=True)
class Case:
    """One expression and what it gives."""

    name: str
    expression: str
    file: str
    invalid: str = ""
    is_strict: bool = False
    is_ordered: bool = True
    is_predicate: bool = False
    outputs: list[tuple[str, str]] = field(default_factory=list)


def cases() -> list[Case]:
    beside = Path(__file__).parents[4] / "shared" / "testdata"
    path = Path(os.environ.get("FHIR_TESTDATA", beside)) / "fhirpath" / "tests-fhir-r4.xml"
    return [_case(one) for one in etree.parse(path).iter("test")] if path.is_file() else []


def _case(one: Any) -> Case:
    expression = one.find("expression")
    return Case(
        one.get("name"),
        expression.text or "",
        one.get("inputfile", ""),
        expression.get("invalid", ""),
        one.get("mode") == "strict" or one.get("checkOrderedFunctions") == "true",
        one.get("ordered") != "false",
        one.get("predicate") == "true",
        [(output.get("type", ""), output.text or "") for output in one.findall("output")],
    )


CASES = cases()


def shown(node: Node) -> str:
    """A value as the suite writes it."""
    match node.value:
        case bool():
            return "true" if node.value else "false"
        case Decimal():
            return format(node.value, "f")
        case Quantity():
            return node.value.text
    kind = node.type.removeprefix("System.").lower()
    mark = {"date": "@", "datetime": "@", "instant": "@", "time": "@T"}.get(kind, "")
    return f"{mark}{node.value}"


def matches(node: Node, kind: str, text: str) -> bool:
    """Whether a value is of the type and has the text that a case tells."""
    own = node.type.removeprefix("System.")
    if kind and kind not in (own, own[:1].lower() + own[1:]):
        return False
    if kind in ("decimal", "Quantity") and isinstance(node.value, Decimal):
        return node.value == Decimal(text)
    found = shown(node)
    return text in (found, re.sub("^@T?", "", found)) or (not text and kind and not found)


def evaluate(case: Case, definitions: Definitions, read_input: Callable[[str], dict[str, Any]]) -> list[Node]:
    value = read_input(case.file) if case.file else {}
    type_name = value.get("resourceType", "")
    strict = case.is_strict or case.invalid == "semantic"
    expression = compile(case.expression, definitions, type_name, strict=strict, single_as=True)
    found = [node for node in expression.evaluate(value, Environment(now=NOW)) if node.value is not None]
    return [Node(bool(found), "System.Boolean")] if case.is_predicate else found


@pytest.mark.skipif(not CASES, reason="official FHIRPath cases not found: set FHIR_TESTDATA")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_official_case(case: Case, definitions: Definitions, read_input: Callable[[str], dict[str, Any]]) -> None:
    if case.name in EXCEPTIONS:
        pytest.skip(EXCEPTIONS[case.name])
    if case.invalid:
        with pytest.raises(FhirPathError):
            evaluate(case, definitions, read_input)
        return
    found, wanted = evaluate(case, definitions, read_input), case.outputs
    assert len(found) == len(wanted), found
    if not case.is_ordered:
        found, wanted = sorted(found, key=shown), sorted(wanted, key=lambda output: output[1])
    assert all(matches(node, *output) for node, output in zip(found, wanted, strict=True)), (found, wanted)


def test_the_check_of_types_refuses_nothing_that_is_right(
    definitions: Definitions, read_input: Callable[[str], dict[str, Any]]
) -> None:
    for case in CASES:
        if case.file and not case.invalid:
            compile(case.expression, definitions, read_input(case.file)["resourceType"], strict=True)


def test_exceptions_are_cases() -> None:
    assert not CASES or set(EXCEPTIONS) <= {case.name for case in CASES}
