"""Literals and variables as closures: what needs no focus. https://hl7.org/fhirpath/N1/#literals"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from conformance.fhirpath import syntax
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.messages import SYNTAX, FhirPathError
from conformance.fhirpath.model import Node
from conformance.fhirpath.moments import clock, moment
from conformance.fhirpath.quantities import quantity
from conformance.fhirpath.values import DATE, DATE_TIME, INTEGER, TIME
from conformance.fhirpath.variables import variable

if TYPE_CHECKING:
    from conformance.fhirpath.compiler import Closure, Compiler

_SPECIALS: dict[str, Callable[[Frame], list[Node]]] = {
    "$this": lambda frame: [frame.this],
    "$index": lambda frame: [Node(frame.index, INTEGER)],
    "$total": lambda frame: frame.total or [],
}
_CALENDARS = {DATE: moment, DATE_TIME: moment, TIME: clock}


def literal(compiler: Compiler, tree: syntax.Literal) -> Closure:
    value: Any = tree.value
    if tree.type in _CALENDARS and _CALENDARS[tree.type](value) is None:
        raise FhirPathError.at(SYNTAX, compiler.text, tree.at, problem=f"the calendar has no {value}")
    if tree.unit is not None:
        value = quantity(value, tree.unit)
    constant = [Node(value, tree.type)]
    return lambda _frame, _focus: constant


def empty(_compiler: Compiler, _tree: syntax.Empty) -> Closure:
    return lambda _frame, _focus: []


def external(compiler: Compiler, tree: syntax.External) -> Closure:
    give = variable(compiler.text, tree, compiler.variables)
    return lambda frame, _focus: give(frame)


def special(_compiler: Compiler, tree: syntax.Special) -> Closure:
    give = _SPECIALS[tree.name]
    return lambda frame, _focus: give(frame)
