"""and, or, xor, implies: evaluated only as far as the answer needs. https://hl7.org/fhirpath/N1/#boolean-logic"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.fhirpath import syntax
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.model import Node
from conformance.fhirpath.operators import both, either, exclusive, implication
from conformance.fhirpath.values import Truth, boolean

if TYPE_CHECKING:
    from conformance.fhirpath.compiler import Closure, Compiler


def truth(nodes: list[Node]) -> Truth:
    """A collection of at most one value as a truth value: what is not a boolean counts as true, empty as None."""
    if not nodes:
        return None
    value = nodes[0].value
    return value if value is True or value is False or value is None else True


def _shortcut(settled: bool, rule: Callable[[Truth, Truth], Truth]) -> Callable[[Compiler, syntax.Binary], Closure]:
    """``and`` and ``or``: chains of them stop at the first operand that settles the answer."""

    def build(compiler: Compiler, tree: syntax.Binary) -> Closure:
        questions = [compiler.truth(part, tree.operator, tree.at) for part in chain(tree)]

        def run(frame: Frame, focus: list[Node]) -> list[Node]:
            answer: Truth = not settled
            for ask in questions:
                answer = rule(answer, ask(frame, focus))
                if answer is settled:
                    break
            return boolean(answer)

        return run

    return build


def chain(tree: syntax.Binary) -> list[syntax.Expression]:
    """The operands of ``a or b or c``."""
    parts: list[syntax.Expression] = []
    left: syntax.Expression = tree
    while isinstance(left, syntax.Binary) and left.operator == tree.operator:
        parts.append(left.right)
        left = left.left
    return [left, *reversed(parts)]


def _implies(compiler: Compiler, tree: syntax.Binary) -> Closure:
    left = compiler.truth(tree.left, tree.operator, tree.at)
    right = compiler.truth(tree.right, tree.operator, tree.at)

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        premise = left(frame, focus)
        return boolean(True if premise is False else implication(premise, right(frame, focus)))

    return run


def _xor(compiler: Compiler, tree: syntax.Binary) -> Closure:
    left = compiler.truth(tree.left, tree.operator, tree.at)
    right = compiler.truth(tree.right, tree.operator, tree.at)
    return lambda frame, focus: boolean(exclusive(left(frame, focus), right(frame, focus)))


LOGIC: dict[str, Callable[[Compiler, syntax.Binary], Closure]] = {
    "and": _shortcut(False, both),
    "or": _shortcut(True, either),
    "implies": _implies,
    "xor": _xor,
}
