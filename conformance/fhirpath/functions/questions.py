"""Existence: what a collection holds. https://hl7.org/fhirpath/N1/#existence"""

from __future__ import annotations

from collections.abc import Callable

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.equality import distinct, identity
from conformance.fhirpath.functions.calls import of_all, of_two
from conformance.fhirpath.functions.filters import judge, where
from conformance.fhirpath.logic import truth
from conformance.fhirpath.model import Node
from conformance.fhirpath.operators import NotDefined
from conformance.fhirpath.values import BOOLEAN, INTEGER, QUANTITY, boolean, kind


def _exists(compiler: Compiler, call: syntax.Function) -> Closure:
    if not call.arguments:
        return lambda _frame, focus: boolean(bool(focus))
    keep = where(compiler, call)
    return lambda frame, focus: boolean(bool(keep(frame, focus)))


def _all(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 1)
    holds = judge(compiler, call)
    return lambda frame, focus: boolean(all(holds(frame, n, node) is True for n, node in enumerate(focus)))


def _every(wanted: bool) -> Callable[[list[Node]], list[Node]]:
    return lambda focus: boolean(all(_answer(node) is wanted for node in focus))


def _some(wanted: bool) -> Callable[[list[Node]], list[Node]]:
    return lambda focus: boolean(any([_answer(node) is wanted for node in focus]))  # noqa: C419  each must be a boolean


def _answer(node: Node) -> bool:
    if kind(node) != BOOLEAN:
        raise NotDefined
    return bool(node.value)


def _negation(focus: list[Node]) -> list[Node]:
    if len(focus) > 1:
        raise NotDefined
    answer = truth(focus)
    return boolean(None if answer is None else not answer)


def is_subset(inner: list[Node], outer: list[Node]) -> bool:
    """Whether each value of ``inner`` is in ``outer``."""
    return {identity(node) for node in inner} <= {identity(node) for node in outer}


def _has_value(focus: list[Node]) -> list[Node]:
    return boolean(len(focus) == 1 and focus[0].value is not None and not isinstance(focus[0].value, dict))


def _value(focus: list[Node]) -> list[Node]:
    """The System value of one FHIR primitive; empty for anything else."""
    known = kind(focus[0]) if len(focus) == 1 else ""
    return [Node(focus[0].value, known)] if known and known != QUANTITY else []


def _trace(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 1, 2)
    label = compiler.argument(call)
    chosen = compiler.argument(call, 1) if len(call.arguments) == 2 else None

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        report = frame.run.environment.trace
        if report is not None:
            names = label(frame, [frame.this])
            shown = focus
            if chosen is not None:
                shown = [found for node in focus for found in chosen(Frame(frame.run, node), [node])]
            report(str(names[0].value) if names else "", shown)
        return focus

    return run


FUNCTIONS: dict[str, Builder] = {
    "exists": _exists,
    "empty": of_all(lambda focus: boolean(not focus)),
    "not": of_all(_negation),
    "all": _all,
    "allTrue": of_all(_every(True)),
    "allFalse": of_all(_every(False)),
    "anyTrue": of_all(_some(True)),
    "anyFalse": of_all(_some(False)),
    "count": of_all(lambda focus: [Node(len(focus), INTEGER)]),
    "isDistinct": of_all(lambda focus: boolean(len(distinct(focus)) == len(focus))),
    "subsetOf": of_two(lambda focus, other: boolean(is_subset(focus, other))),
    "supersetOf": of_two(lambda focus, other: boolean(is_subset(other, focus))),
    "hasValue": of_all(_has_value),
    "getValue": of_all(_value),
    "trace": _trace,
}
