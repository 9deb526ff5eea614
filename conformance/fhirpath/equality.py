"""Equality, equivalence and order of values. https://hl7.org/fhirpath/N1/#equality

Answers are True, False or None where precision, zones or units leave it open.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from conformance.fhirpath import moments, quantities
from conformance.fhirpath.arithmetic import as_decimal, decimal_of, rounded
from conformance.fhirpath.model import Node
from conformance.fhirpath.quantities import Quantity, decimals
from conformance.fhirpath.values import (
    MOMENTS,
    QUANTITY,
    STRING,
    Nodes,
    Truth,
    kind,
    measure_of,
    moment_of,
    number_of,
)


def equal(left: Nodes, right: Nodes) -> Truth:
    """``=``: same values in the same order; None when a side is empty."""
    if not left or not right:
        return None
    if len(left) == 1 and len(right) == 1:
        return same(left[0], right[0])
    if len(left) != len(right):
        return False
    answers = [same(one, other) for one, other in zip(left, right, strict=True)]
    if False in answers:
        return False
    return None if None in answers else True


def same(one: Node, other: Node) -> Truth:
    """Equality of two values; a boolean is never equal to a number."""
    left, right = kind(one), kind(other)
    if left == right == STRING:
        return bool(one.value == other.value)
    if left in MOMENTS and right in MOMENTS:
        return _same_moment(one, other)
    if QUANTITY in (left, right):
        return _same_quantity(one, other)
    if not left or not right:
        return None if left != right and None in (one.value, other.value) else identity(one) == identity(other)
    return _same_number(one, other)


def _same_number(one: Node, other: Node) -> bool:
    left, right = number_of(one), number_of(other)
    if left is None or right is None:
        return isinstance(one.value, bool) is isinstance(other.value, bool) and bool(one.value == other.value)
    return left == right


def _same_moment(one: Node, other: Node) -> Truth:
    left, right = moment_of(one), moment_of(other)
    if left is None or right is None or left.is_time is not right.is_time:
        return bool(one.value == other.value)
    answer = moments.compare(left, right)
    return None if answer is None else answer == 0


def _same_quantity(one: Node, other: Node) -> Truth:
    left, right = measure_of(one), measure_of(other)
    if left is None or right is None:
        return identity(one) == identity(other)
    answer = quantities.compare(left, right)
    return None if answer is None else answer == 0


def identity(node: Node) -> Hashable:
    """What two values share exactly when they are equal, as far as that can be told of each alone."""
    value = node.value
    if isinstance(value, str):
        return _moment_identity(node) if kind(node) in MOMENTS else value
    if isinstance(value, Quantity):
        return _quantity_identity(value)
    if isinstance(value, dict) and kind(node) == QUANTITY:
        found = measure_of(node)
        return _quantity_identity(found) if found else _deep(value)
    return _deep(value) if value is not None else _deep(node.twin)


def _moment_identity(node: Node) -> Hashable:
    found = moment_of(node)
    if found is None:
        return str(node.value)
    return moments.to_utc(found) if found.offset else found


def _quantity_identity(value: Quantity) -> Hashable:
    unit = value.definite
    if unit is None or value.unit in ("year", "month"):
        return (Fraction(value.value), value.unit)
    return (unit.in_base(Fraction(value.value)), unit.dimensions)


def _deep(value: Any) -> Hashable:
    match value:
        case bool():
            return ("b", value)
        case dict():
            return frozenset((key, _deep(inner)) for key, inner in value.items())
        case list():
            return tuple(_deep(inner) for inner in value)
    return decimal_of(value) if isinstance(value, float) else value


def distinct(nodes: Iterable[Node]) -> list[Node]:
    """``nodes`` with each value once, in order of first appearance."""
    kept: dict[Hashable, Node] = {}
    for node in nodes:
        kept.setdefault(identity(node), node)
    return list(kept.values())


def equivalent(left: Nodes, right: Nodes) -> bool:
    """``~``: same values in any order, loosely compared; empty is equivalent to empty."""
    if len(left) != len(right):
        return False
    if len(left) == 1:
        return alike(left[0], right[0])
    rest = list(right)
    for one in left:
        place = next((n for n, other in enumerate(rest) if alike(one, other)), None)
        if place is None:
            return False
        del rest[place]
    return True


def alike(one: Node, other: Node) -> bool:
    """Equivalence of two values."""
    left, right = kind(one), kind(other)
    if left == right == STRING:
        return _folded(str(one.value)) == _folded(str(other.value))
    numbers = number_of(one), number_of(other)
    if numbers[0] is not None and numbers[1] is not None:
        return _near(as_decimal(numbers[0]), as_decimal(numbers[1]))
    if QUANTITY in (left, right):
        measures = measure_of(one), measure_of(other)
        if measures[0] is not None and measures[1] is not None:
            return quantities.equivalent(measures[0], measures[1])
    if not left and not right and isinstance(one.value, dict) and isinstance(other.value, dict):
        return _alike_objects(one.value, other.value)
    return same(one, other) is True


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _near(left: Decimal, right: Decimal) -> bool:
    places = min(decimals(left), decimals(right))
    return rounded(left, places) == rounded(right, places)


def _alike_objects(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Objects with the same properties, each equivalent; ids do not count."""
    keys = left.keys() - {"id"}
    if keys != right.keys() - {"id"}:
        return False
    return all(equivalent(_nodes(left[key]), _nodes(right[key])) for key in keys)


def _nodes(value: Any) -> list[Node]:
    return [Node(one, "") for one in (value if isinstance(value, list) else [value])]


class NotComparable(ValueError):
    """Two values that have no order."""


def order(one: Node, other: Node) -> int | None:
    """-1, 0 or 1; None when it is open. Raises NotComparable for values of different kinds."""
    left, right = kind(one), kind(other)
    if not left or not right:
        if None in (one.value, other.value):
            return None
        raise NotComparable
    if left == right == STRING:
        return int(one.value > other.value) - int(one.value < other.value)
    if left in MOMENTS and right in MOMENTS:
        return _moment_order(one, other)
    if QUANTITY in (left, right):
        return _quantity_order(one, other)
    numbers = number_of(one), number_of(other)
    if numbers[0] is None or numbers[1] is None:
        raise NotComparable
    return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])


def _moment_order(one: Node, other: Node) -> int | None:
    left, right = moment_of(one), moment_of(other)
    if left is None or right is None:
        return None
    if left.is_time is not right.is_time:
        raise NotComparable
    return moments.compare(left, right)


def _quantity_order(one: Node, other: Node) -> int | None:
    left, right = measure_of(one), measure_of(other)
    if left is None or right is None:
        if isinstance(one.value, dict) or isinstance(other.value, dict):
            return None
        raise NotComparable
    return quantities.compare(left, right)
