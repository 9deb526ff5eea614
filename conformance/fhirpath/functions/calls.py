"""How most functions are called: on the whole focus, or on one value with plain arguments.

https://hl7.org/fhirpath/N1/#functions
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from conformance.fhirpath import syntax
from conformance.fhirpath.arithmetic import as_decimal
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.model import Node
from conformance.fhirpath.operators import NotDefined
from conformance.fhirpath.values import number_of, text_of

#: Turns a node into what a function reckons with; None when the node is nothing of the kind.
Reader: TypeAlias = Callable[[Node], Any]

TEXT: Reader = text_of


def integer(node: Node) -> int | None:
    """A whole number."""
    value = number_of(node)
    return value if isinstance(value, int) else None


def decimal(node: Node) -> Any:
    """A number, as decimal."""
    value = number_of(node)
    return None if value is None else as_decimal(value)


def anything(node: Node) -> Node:
    """The node itself."""
    return node


def of_all(give: Callable[[list[Node]], list[Node]]) -> Builder:
    """A function of the whole focus, without arguments."""

    def build(compiler: Compiler, call: syntax.Function) -> Closure:
        compiler.expect(call, 0)

        def run(_frame: Frame, focus: list[Node]) -> list[Node]:
            try:
                return give(focus)
            except NotDefined:
                compiler.refuse(call.name, call.at, focus)

        return run

    return build


def of_two(give: Callable[[list[Node], list[Node]], list[Node]]) -> Builder:
    """A function of the whole focus and one other collection."""

    def build(compiler: Compiler, call: syntax.Function) -> Closure:
        compiler.expect(call, 1)
        other = outer(compiler, call, 0)

        def run(frame: Frame, focus: list[Node]) -> list[Node]:
            found = other(frame, focus)
            frame.run.spend(len(focus) + len(found))
            return give(focus, found)

        return run

    return build


def outer(compiler: Compiler, call: syntax.Function, place: int) -> Closure:
    """An argument, which is evaluated where the call stands and not on its focus."""
    argument = compiler.argument(call, place)
    return lambda frame, _focus: argument(frame, [frame.this])


def of_one(
    give: Callable[..., list[Node]], focus: Reader, *arguments: Reader, optional: int = 0, is_omitted: bool = False
) -> Builder:
    """A function of a single value and of single arguments, the last ``optional`` of which may be left out.

    Empty when the focus or an argument is empty; refused for several values or values of another kind. With
    ``is_omitted`` an optional argument that is empty counts as left out.
    """

    def build(compiler: Compiler, call: syntax.Function) -> Closure:
        compiler.expect(call, len(arguments) - optional, len(arguments))
        readers = list(zip(arguments, (outer(compiler, call, n) for n in range(len(call.arguments))), strict=False))

        def run(frame: Frame, nodes: list[Node]) -> list[Node]:
            sides = [nodes, *(closure(frame, nodes) for _, closure in readers)]
            if is_omitted and len(sides) > 1 + len(arguments) - optional and not sides[-1]:
                sides.pop()
            try:
                values = single_values(sides, [focus, *(reader for reader, _ in readers)])
                return [] if values is None else give(*values)
            except NotDefined:
                compiler.refuse(call.name, call.at, *sides)

        return run

    return build


def single_values(sides: Sequence[list[Node]], readers: Sequence[Reader]) -> list[Any] | None:
    """The single value of each side; None when one is empty. Raises NotDefined."""
    values: list[Any] = []
    for nodes, read in zip(sides, readers, strict=False):
        if len(nodes) > 1:
            raise NotDefined
        if nodes and nodes[0].value is not None:
            value = read(nodes[0])
            if value is None:
                raise NotDefined
            values.append(value)
    return values if len(values) == len(sides) else None
