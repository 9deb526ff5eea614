"""Subsetting and combining. https://hl7.org/fhirpath/N1/#subsetting, https://hl7.org/fhirpath/N1/#combining"""

from __future__ import annotations

from collections.abc import Callable

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.equality import distinct, identity
from conformance.fhirpath.functions.calls import integer, of_all, of_two, outer
from conformance.fhirpath.model import Node
from conformance.fhirpath.operators import NotDefined


def _single(focus: list[Node]) -> list[Node]:
    if len(focus) > 1:
        raise NotDefined
    return focus


def _counted(cut: Callable[[list[Node], int], list[Node]]) -> Builder:
    """A function of the focus and a number of items."""

    def build(compiler: Compiler, call: syntax.Function) -> Closure:
        compiler.expect(call, 1)
        number = outer(compiler, call, 0)

        def run(frame: Frame, focus: list[Node]) -> list[Node]:
            found = number(frame, focus)
            count = integer(found[0]) if len(found) == 1 else None
            if found and count is None:
                compiler.refuse(call.name, call.at, found)
            return [] if count is None else cut(focus, max(0, count))

        return run

    return build


def _intersection(focus: list[Node], other: list[Node]) -> list[Node]:
    wanted = {identity(node) for node in other}
    return [node for node in distinct(focus) if identity(node) in wanted]


def _exclusion(focus: list[Node], other: list[Node]) -> list[Node]:
    unwanted = {identity(node) for node in other}
    return [node for node in focus if identity(node) not in unwanted]


FUNCTIONS: dict[str, Builder] = {
    "single": of_all(_single),
    "first": of_all(lambda focus: focus[:1]),
    "last": of_all(lambda focus: focus[-1:]),
    "tail": of_all(lambda focus: focus[1:]),
    "skip": _counted(lambda focus, count: focus[count:]),
    "take": _counted(lambda focus, count: focus[:count]),
    "distinct": of_all(distinct),
    "intersect": of_two(_intersection),
    "exclude": of_two(_exclusion),
    "union": of_two(lambda focus, other: distinct([*focus, *other])),
    "combine": of_two(lambda focus, other: [*focus, *other]),
}
