"""Functions of numbers. https://hl7.org/fhirpath/N1/#math"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from conformance.fhirpath import arithmetic, quantities
from conformance.fhirpath.arithmetic import Number, as_decimal
from conformance.fhirpath.compiler import Builder
from conformance.fhirpath.functions.calls import anything, decimal, integer, of_one
from conformance.fhirpath.model import Node
from conformance.fhirpath.operators import NotDefined
from conformance.fhirpath.quantities import Quantity
from conformance.fhirpath.values import QUANTITY, boolean, kind, measure_of, measured, number, number_of


def _measured_or_plain(rule: Callable[[Number], Number | None]) -> Callable[[Node], list[Node]]:
    """A function of a number, or of the number of a quantity."""

    def run(node: Node) -> list[Node]:
        plain = number_of(node)
        if plain is not None:
            return number(rule(plain))
        measure = measure_of(node)
        found = rule(measure.value) if measure else None
        if measure is None:
            raise NotDefined
        return [] if found is None else measured(measure._replace(value=as_decimal(found)))

    return run


def _whole(rule: Callable[[Decimal], int | None]) -> Callable[[Number], Number | None]:
    return lambda value: value if isinstance(value, int) else rule(value)


def _rounded(node: Node, places: int = 0) -> list[Node]:
    if places < 0 or places > arithmetic.EXACT.prec:
        raise NotDefined
    return _measured_or_plain(lambda value: arithmetic.rounded(as_decimal(value), places))(node)


def _power(base: Node, exponent: Node) -> list[Node]:
    one, other = number_of(base), number_of(exponent)
    if one is None or other is None:
        raise NotDefined
    return number(arithmetic.power(one, other))


def _comparable(one: Node, other: Node) -> list[Node]:
    return boolean(quantities.comparable(_quantity(one), _quantity(other)))


def _quantity(node: Node) -> Quantity:
    found = measure_of(node) if kind(node) == QUANTITY else None
    if found is None:
        raise NotDefined
    return found


FUNCTIONS: dict[str, Builder] = {
    "abs": of_one(_measured_or_plain(arithmetic.magnitude), anything),
    "ceiling": of_one(_measured_or_plain(_whole(arithmetic.ceiling)), anything),
    "floor": of_one(_measured_or_plain(_whole(arithmetic.floor)), anything),
    "truncate": of_one(_measured_or_plain(_whole(arithmetic.truncated)), anything),
    "round": of_one(_rounded, anything, integer, optional=1),
    "sqrt": of_one(lambda value: number(arithmetic.root(value)), decimal),
    "exp": of_one(lambda value: number(arithmetic.exponential(value)), decimal),
    "ln": of_one(lambda value: number(arithmetic.logarithm(value)), decimal),
    "log": of_one(lambda value, base: number(arithmetic.logarithm(value, base)), decimal, decimal),
    "power": of_one(_power, anything, anything),
    "comparable": of_one(_comparable, anything, anything),
}
