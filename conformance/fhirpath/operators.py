"""Operators of FHIRPath on collections. https://hl7.org/fhirpath/N1/#operations

A truth value is True, False or None (empty): three-valued logic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from conformance.fhirpath.model import Node

Nodes: TypeAlias = Sequence[Node]
Truth: TypeAlias = bool | None

TRUE = [Node(True, "System.Boolean")]
FALSE = [Node(False, "System.Boolean")]


def truth(nodes: Nodes) -> Truth:
    """A collection as a truth value: a single value that is not a boolean counts as true, an empty one as None."""
    if not nodes:
        return None
    value = nodes[0].value
    return value if isinstance(value, bool) else True


def boolean(value: Truth) -> list[Node]:
    """A truth value as a collection."""
    if value is None:
        return []
    return TRUE if value else FALSE


def both(left: Truth, right: Truth) -> Truth:
    """``and``"""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def either(left: Truth, right: Truth) -> Truth:
    """``or``"""
    if left or right:
        return True
    return None if left is None or right is None else False


def exclusive(left: Truth, right: Truth) -> Truth:
    """``xor``"""
    return None if left is None or right is None else left is not right


def implication(left: Truth, right: Truth) -> Truth:
    """``implies``"""
    return either(None if left is None else not left, right)


def equal(left: Nodes, right: Nodes) -> Truth:
    """``=``: same values in the same order; empty when a side is empty."""
    if not left or not right:
        return None
    return len(left) == len(right) and all(same(one, other) for one, other in zip(left, right, strict=True))


def same(one: Node, other: Node) -> bool:
    """Equality of two values; a boolean is never equal to a number."""
    return isinstance(one.value, bool) is isinstance(other.value, bool) and bool(one.value == other.value)


def distinct(nodes: Nodes) -> list[Node]:
    """``nodes`` with each value once, in order of first appearance."""
    kept: list[Node] = []
    for node in nodes:
        if not any(same(node, other) for other in kept):
            kept.append(node)
    return kept


def _unequal(left: Nodes, right: Nodes) -> list[Node]:
    answer = equal(left, right)
    return boolean(None if answer is None else not answer)


def _within(left: Nodes, right: Nodes) -> list[Node]:
    return boolean(any(same(left[0], node) for node in right)) if left else []


def _logical(rule: Callable[[Truth, Truth], Truth]) -> Callable[[Nodes, Nodes], list[Node]]:
    return lambda left, right: boolean(rule(truth(left), truth(right)))


#: Operators on two collections that are both evaluated first.
BINARY: dict[str, Callable[[Nodes, Nodes], list[Node]]] = {
    "and": _logical(both),
    "or": _logical(either),
    "xor": _logical(exclusive),
    "implies": _logical(implication),
    "=": lambda left, right: boolean(equal(left, right)),
    "!=": _unequal,
    "|": lambda left, right: distinct([*left, *right]),
    "in": _within,
    "contains": lambda left, right: _within(right, left),
}
