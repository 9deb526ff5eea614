"""Conversion of a single value to a System type. https://hl7.org/fhirpath/N1/#conversion"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.functions.calls import of_one, outer
from conformance.fhirpath.model import Node
from conformance.fhirpath.moments import clock, moment
from conformance.fhirpath.quantities import Quantity, comparable, quantity, read_quantity
from conformance.fhirpath.values import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DECIMAL,
    INTEGER,
    QUANTITY,
    STRING,
    TIME,
    boolean,
    kind,
    measure_of,
    measured,
    number,
    number_of,
    string,
)

#: A node as another type; empty when it does not convert.
Convert: TypeAlias = Callable[[Node], list[Node]]

_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def _to_boolean(node: Node) -> list[Node]:
    match kind(node):
        case "System.Boolean":
            return boolean(bool(node.value))
        case "System.String":
            return boolean(_TRUTHS.get(str(node.value).lower()))
        case "System.Integer" | "System.Decimal":
            value = number_of(node)
            return boolean(bool(value) if value in (0, 1) else None)
    return []


def _to_integer(node: Node) -> list[Node]:
    known, value = kind(node), node.value
    if known == INTEGER:
        return number(value)
    if known == BOOLEAN:
        return number(int(value))
    return number(int(value)) if known == STRING and _INTEGER.fullmatch(value) else []


def _to_decimal(node: Node) -> list[Node]:
    known, value = kind(node), node.value
    if known in (INTEGER, DECIMAL):
        found = number_of(node)
        return [] if found is None else number(Decimal(found))
    if known == BOOLEAN:
        return number(Decimal("1.0" if value else "0.0"))
    return number(Decimal(value)) if known == STRING and len(value) < 100 and _DECIMAL.fullmatch(value) else []


def _to_string(node: Node) -> list[Node]:
    value = node.value
    if isinstance(value, bool):
        return string("true" if value else "false")
    if kind(node) == QUANTITY:
        measure = measure_of(node)
        return string(measure.text if measure else None)
    plain = number_of(node)
    if plain is not None:
        return string(format(plain, "f") if isinstance(plain, Decimal) else str(plain))
    return string(value) if isinstance(value, str) else []


def _to_date(node: Node) -> list[Node]:
    text = node.value
    if kind(node) not in (STRING, DATE, DATE_TIME) or moment(text) is None:
        return []
    return [Node(text.partition("T")[0], DATE)]


def _to_date_time(node: Node) -> list[Node]:
    if kind(node) not in (STRING, DATE, DATE_TIME) or moment(node.value) is None:
        return []
    return [Node(node.value, DATE_TIME)]


def _to_time(node: Node) -> list[Node]:
    text = node.value
    if kind(node) not in (STRING, TIME) or clock(text.removeprefix("T")) is None:
        return []
    return [Node(text.removeprefix("T"), TIME)]


def _to_quantity(node: Node) -> list[Node]:
    if kind(node) == BOOLEAN:
        return measured(Quantity(Decimal("1.0" if node.value else "0.0")))
    return measured(read_quantity(node.value) if kind(node) == STRING else measure_of(node))


def _converter(convert: Convert) -> Builder:
    return of_one(convert, lambda node: node)


def _question(convert: Convert) -> Builder:
    return of_one(lambda node: boolean(bool(convert(node))), lambda node: node)


def _in_unit(compiler: Compiler, call: syntax.Function, found: list[Node], units: list[Node]) -> list[Node]:
    """The quantities of ``found`` that can be told in the unit asked for."""
    if len(units) != 1 or not isinstance(units[0].value, str):
        compiler.refuse(call.name, call.at, units)
    wanted = quantity(Decimal(1), units[0].value)
    return [node for node in found if comparable(node.value, wanted)]


def _quantity_builder(answer: Callable[[list[Node]], list[Node]]) -> Builder:
    """``toQuantity`` and its question, with or without the unit."""

    def build(compiler: Compiler, call: syntax.Function) -> Closure:
        compiler.expect(call, 0, 1)
        unit = outer(compiler, call, 0) if call.arguments else None

        def run(frame: Frame, focus: list[Node]) -> list[Node]:
            if len(focus) > 1:
                compiler.refuse(call.name, call.at, focus)
            found = _to_quantity(focus[0]) if focus else []
            if unit is not None:
                found = _in_unit(compiler, call, found, unit(frame, focus))
            return answer(found) if focus else []

        return run

    return build


_CONVERSIONS: dict[str, Convert] = {
    "Boolean": _to_boolean,
    "Integer": _to_integer,
    "Decimal": _to_decimal,
    "String": _to_string,
    "Date": _to_date,
    "DateTime": _to_date_time,
    "Time": _to_time,
}

FUNCTIONS: dict[str, Builder] = {
    **{f"to{name}": _converter(convert) for name, convert in _CONVERSIONS.items()},
    **{f"convertsTo{name}": _question(convert) for name, convert in _CONVERSIONS.items()},
    "toQuantity": _quantity_builder(lambda found: found),
    "convertsToQuantity": _quantity_builder(lambda found: boolean(bool(found))),
}
