"""Filtering and projection: functions that look at each item. https://hl7.org/fhirpath/N1/#filtering-and-projection"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cmp_to_key
from typing import Any

from conformance.fhirpath import syntax
from conformance.fhirpath.casts import cast, type_check, type_filter
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.equality import NotComparable, identity, order
from conformance.fhirpath.logic import truth
from conformance.fhirpath.model import Node
from conformance.fhirpath.predicates import Shortcuts
from conformance.fhirpath.values import Truth


def judge(compiler: Compiler, call: syntax.Function) -> Callable[[Frame, int, Node], Truth]:
    """The first argument as a question that is asked of each item."""
    criterion = compiler.argument(call)
    shortcuts = Shortcuts(compiler, call.arguments[0])

    def ask(frame: Frame, place: int, node: Node) -> Truth:
        frame.run.spend(1)
        if node.value.__class__ is dict:
            short = shortcuts[node.type]
            if short is not None:
                return short(node.value, None)
        answer = criterion(Frame(frame.run, node, place, frame.total), [node])
        if len(answer) > 1:
            compiler.refuse(call.name, call.at, answer)
        return truth(answer)

    return ask


def where(compiler: Compiler, call: syntax.Function) -> Closure:
    """The items of which the criterion is true."""
    compiler.expect(call, 1)
    holds = judge(compiler, call)
    return lambda frame, focus: [node for n, node in enumerate(focus) if holds(frame, n, node) is True]


def _projection(compiler: Compiler, call: syntax.Function) -> Callable[[Frame, int, Node], list[Node]]:
    compiler.expect(call, 1)
    project = compiler.argument(call)

    def give(frame: Frame, place: int, node: Node) -> list[Node]:
        found = project(Frame(frame.run, node, place, frame.total), [node])
        frame.run.spend(1 + len(found))
        return found

    return give


def _select(compiler: Compiler, call: syntax.Function) -> Closure:
    project = _projection(compiler, call)
    return lambda frame, focus: [found for n, node in enumerate(focus) for found in project(frame, n, node)]


def _repeat(compiler: Compiler, call: syntax.Function) -> Closure:
    """The projection of each item, again of what it gave, and so on; every value once."""
    project = _projection(compiler, call)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        seen: dict[Hashable, Node] = {}
        waiting = list(focus)
        while waiting:
            found = [(identity(one), one) for n, node in enumerate(waiting) for one in project(frame, n, node)]
            fresh = {key: one for key, one in reversed(found) if key not in seen}
            waiting = list(fresh.values())[::-1]
            seen.update((key, one) for key, one in found if key not in seen)
        return list(seen.values())

    return run


def _repeat_all(compiler: Compiler, call: syntax.Function) -> Closure:
    """As ``repeat``, but values that come again are kept."""
    project = _projection(compiler, call)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        kept: list[Node] = []
        waiting = list(focus)
        while waiting:
            waiting = [one for n, node in enumerate(waiting) for one in project(frame, n, node)]
            kept.extend(waiting)
        return kept

    return run


def _aggregate(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 1, 2)
    step = compiler.argument(call)
    start = compiler.argument(call, 1) if len(call.arguments) == 2 else None

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        total = start(frame, [frame.this]) if start else []
        for place, node in enumerate(focus):
            total = step(Frame(frame.run, node, place, total), [node])
            frame.run.spend(1 + len(total))
        return total

    return run


def _iif(compiler: Compiler, call: syntax.Function) -> Closure:
    """One of two branches; only that one is evaluated."""
    compiler.expect(call, 2, 3)
    criterion, yes, *no = (compiler.argument(call, n) for n in range(len(call.arguments)))

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        if len(focus) > 1:
            compiler.refuse(call.name, call.at, focus)
        inner = Frame(frame.run, focus[0], frame.index, frame.total) if focus else frame
        answer = criterion(inner, focus)
        if len(answer) > 1 or (answer and not isinstance(answer[0].value, bool | None)):
            compiler.refuse(call.name, call.at, answer)
        if truth(answer):
            return yes(inner, focus)
        return no[0](inner, focus) if no else []

    return run


def _sort(compiler: Compiler, call: syntax.Function) -> Closure:
    """The items in order of their keys, ``-key`` from last to first; what has no key comes first."""
    keys = [_sort_key(compiler, call, n) for n in range(len(call.arguments))]
    keys = keys or [(1, _itself)]

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        frame.run.spend(len(focus) * len(keys))
        nodes = focus
        for sign, key in reversed(keys):
            rows = [(key(Frame(frame.run, node, n), [node]), node) for n, node in enumerate(nodes)]
            nodes = [node for _, node in sorted(rows, key=rank(sign))]
        return nodes

    def rank(sign: int) -> Callable[[tuple[list[Node], Node]], Any]:
        return cmp_to_key(lambda one, other: compared(one[0], other[0], sign))

    def compared(one: list[Node], other: list[Node], sign: int) -> int:
        if not one or not other:
            return bool(one) - bool(other)
        try:
            return sign * (order(one[0], other[0]) or 0)
        except NotComparable:
            compiler.refuse(call.name, call.at, one[:1], other[:1])

    return run


def _itself(_frame: Frame, focus: list[Node]) -> list[Node]:
    return focus


def _sort_key(compiler: Compiler, call: syntax.Function, place: int) -> tuple[int, Closure]:
    match call.arguments[place]:
        case syntax.Unary("-", operand):
            return -1, compiler.closure(operand)
    return 1, compiler.argument(call, place)


def _typed(make: Callable[[Compiler, str, int], Closure]) -> Builder:
    """A function whose argument names a type."""
    return lambda compiler, call: make(compiler, compiler.type_argument(call), call.at)


FUNCTIONS: dict[str, Builder] = {
    "where": where,
    "select": _select,
    "repeat": _repeat,
    "repeatAll": _repeat_all,
    "aggregate": _aggregate,
    "iif": _iif,
    "sort": _sort,
    "is": _typed(type_check),
    "as": _typed(cast),
    "ofType": _typed(type_filter),
}
