"""Logic and the operators on two collections. https://hl7.org/fhirpath/N1/#operations

A truth value is True, False or None (empty): three-valued logic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from conformance.fhirpath import arithmetic, moments, quantities
from conformance.fhirpath.arithmetic import Number, as_decimal
from conformance.fhirpath.equality import NotComparable, distinct, equal, equivalent, order, same
from conformance.fhirpath.model import Node
from conformance.fhirpath.values import (
    FALSE,
    MOMENTS,
    QUANTITY,
    STRING,
    TIME,
    TRUE,
    Nodes,
    Truth,
    boolean,
    kind,
    measure_of,
    measured,
    number,
    number_of,
    string,
    text_of,
)

__all__ = ["BINARY", "FALSE", "TRUE", "NotDefined", "both", "either", "exclusive", "implication"]

Operator: TypeAlias = Callable[[Nodes, Nodes], list[Node]]


class NotDefined(ValueError):
    """An operator on values for which it has no meaning."""


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


def _single(nodes: Nodes) -> Node | None:
    if len(nodes) > 1:
        raise NotDefined
    return nodes[0] if nodes else None


def _pair(left: Nodes, right: Nodes) -> tuple[Node, Node] | None:
    """Both single values; None when a side is empty. Raises NotDefined for several."""
    one, other = _single(left), _single(right)
    return None if one is None or other is None else (one, other)


def _unequal(left: Nodes, right: Nodes) -> list[Node]:
    answer = equal(left, right)
    return boolean(None if answer is None else not answer)


def _within(left: Nodes, right: Nodes) -> list[Node]:
    one = _single(left)
    return [] if one is None else boolean(any(same(one, node) for node in right))


def _ordered(judge: Callable[[int], bool]) -> Operator:
    def run(left: Nodes, right: Nodes) -> list[Node]:
        pair = _pair(left, right)
        if pair is None:
            return []
        try:
            answer = order(*pair)
        except NotComparable as error:
            raise NotDefined from error
        return boolean(None if answer is None else judge(answer))

    return run


def _plus(left: Nodes, right: Nodes) -> list[Node]:
    pair = _pair(left, right)
    if pair is None:
        return []
    if kind(pair[0]) in MOMENTS:
        return _shifted(*pair)
    if kind(pair[0]) == kind(pair[1]) == STRING:
        return [Node(pair[0].value + pair[1].value, STRING)]
    if QUANTITY in (kind(pair[0]), kind(pair[1])):
        return _summed(pair, 1)
    return number(arithmetic.add(*_numbers(pair)))


def _minus(left: Nodes, right: Nodes) -> list[Node]:
    pair = _pair(left, right)
    if pair is None:
        return []
    if kind(pair[0]) in MOMENTS:
        return _shifted(*pair, back=True)
    if QUANTITY in (kind(pair[0]), kind(pair[1])):
        return _summed(pair, -1)
    return number(arithmetic.subtract(*_numbers(pair)))


def _shifted(one: Node, other: Node, *, back: bool = False) -> list[Node]:
    amount = measure_of(other) if kind(other) == QUANTITY else None
    if amount is None:
        raise NotDefined
    known = kind(one)
    try:
        moved = moments.shift(one.value, amount, is_time=known == TIME, back=back)
    except moments.NotTime as error:
        raise NotDefined from error
    return [] if moved is None else [Node(moved, known)]


def _summed(pair: tuple[Node, Node], sign: int) -> list[Node]:
    one, other = measure_of(pair[0]), measure_of(pair[1])
    if one is None or other is None:
        raise NotDefined
    return measured(quantities.plus(one, other._replace(value=other.value * sign)))


def _numbers(pair: tuple[Node, Node]) -> tuple[Number, Number]:
    one, other = number_of(pair[0]), number_of(pair[1])
    if one is None or other is None:
        raise NotDefined
    return one, other


def _scaled(
    of_numbers: Callable[[Number, Number], Number],
    of_quantities: Callable[[quantities.Quantity, quantities.Quantity], quantities.Quantity],
) -> Operator:
    def run(left: Nodes, right: Nodes) -> list[Node]:
        pair = _pair(left, right)
        if pair is None:
            return []
        if QUANTITY not in (kind(pair[0]), kind(pair[1])):
            return number(of_numbers(*_numbers(pair)))
        one, other = measure_of(pair[0]), measure_of(pair[1])
        if one is None or other is None:
            raise NotDefined
        return measured(of_quantities(one, other))

    return run


def _quotient(one: Number, other: Number) -> Number:
    return arithmetic.divide(as_decimal(one), as_decimal(other))


def _numeric(rule: Callable[[Number, Number], Number | None]) -> Operator:
    def run(left: Nodes, right: Nodes) -> list[Node]:
        pair = _pair(left, right)
        return [] if pair is None else number(rule(*_numbers(pair)))

    return run


def _joined(left: Nodes, right: Nodes) -> list[Node]:
    """``&``: texts one after the other, empty counting as the empty text."""
    texts = [text_of(one) if (one := _single(side)) else "" for side in (left, right)]
    if texts[0] is None or texts[1] is None:
        raise NotDefined
    return string(texts[0] + texts[1])


#: Operators on two collections that are both evaluated first. They raise NotDefined.
BINARY: dict[str, Operator] = {
    "=": lambda left, right: boolean(equal(left, right)),
    "!=": _unequal,
    "~": lambda left, right: boolean(equivalent(left, right)),
    "!~": lambda left, right: boolean(not equivalent(left, right)),
    "<": _ordered(lambda answer: answer < 0),
    "<=": _ordered(lambda answer: answer <= 0),
    ">": _ordered(lambda answer: answer > 0),
    ">=": _ordered(lambda answer: answer >= 0),
    "+": _plus,
    "-": _minus,
    "*": _scaled(arithmetic.multiply_numbers, quantities.times),
    "/": _scaled(_quotient, quantities.over),
    "div": _numeric(arithmetic.whole_quotient),
    "mod": _numeric(arithmetic.remainder),
    "&": _joined,
    "|": lambda left, right: distinct([*left, *right]),
    "in": _within,
    "contains": lambda left, right: _within(right, left),
}
