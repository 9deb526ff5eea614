"""Quantities: a number with a unit of UCUM or of the calendar. https://hl7.org/fhirpath/N1/#quantity"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from conformance.fhirpath.arithmetic import EXACT, decimal_of, divide, multiply
from conformance.fhirpath.ucum import Unit, unit

UCUM = "http://unitsofmeasure.org"

#: Words of the calendar and the UCUM unit that is equal (week and shorter) or only equivalent (year, month).
CALENDAR = {
    "year": "a", "month": "mo", "week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s",
    "millisecond": "ms",
}  # fmt: skip
_PLURALS = {f"{word}s": word for word in CALENDAR} | {word: word for word in CALENDAR}
_INDEFINITE = ("year", "month")

_TEXT = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)(?:\s+(?:'([^']+)'|([a-zA-Z]+)))?")


class Quantity(NamedTuple):
    """``unit`` is a UCUM text (``1`` for none), or a word of the calendar in the singular when ``is_calendar``."""

    value: Decimal
    unit: str = "1"
    is_calendar: bool = False

    @property
    def text(self) -> str:
        """As FHIRPath writes it: ``4 days`` or ``4 'mg'``."""
        if self.is_calendar:
            return f"{self.value} {self.unit}{'' if self.value == 1 else 's'}"
        return f"{self.value} '{self.unit}'"

    @property
    def definite(self) -> Unit | None:
        """The unit worked out; None when it is unknown."""
        return unit(CALENDAR[self.unit] if self.is_calendar else self.unit)


def quantity(value: Decimal, unit_text: str) -> Quantity:
    """A quantity whose unit may be a word of the calendar, singular or plural."""
    word = _PLURALS.get(unit_text)
    return Quantity(value, word, is_calendar=True) if word else Quantity(value, unit_text)


def read_quantity(text: str) -> Quantity | None:
    """``4 days``, ``4.5 'mg'`` or ``4`` as a quantity; None for any other text."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        return None
    number, code, word = found.groups()
    if word is not None and word not in _PLURALS:
        return None
    return quantity(Decimal(number), word or code or "1")


def quantity_of(value: Mapping[str, Any]) -> Quantity | None:
    """A FHIR Quantity; None without a number. A unit that is not UCUM compares only with itself."""
    number = decimal_of(value.get("value"))
    if number is None:
        return None
    code, system = value.get("code"), value.get("system")
    if system == UCUM and isinstance(code, str):
        return Quantity(number, code)
    text = code or value.get("unit")
    if not isinstance(text, str):
        return Quantity(number)
    return Quantity(number, text if system is None else f"{system}|{text}")


def comparable(one: Quantity, other: Quantity) -> bool:
    """Whether their units measure the same."""
    if one[1:] == other[1:]:
        return True
    left, right = one.definite, other.definite
    return left is not None and right is not None and left.dimensions == right.dimensions


def compare(one: Quantity, other: Quantity, *, loosely: bool = False) -> int | None:
    """-1, 0 or 1; None when units are not comparable. Calendar years and months are not UCUM's unless ``loosely``."""
    if one[1:] == other[1:]:
        return _sign(Fraction(one.value), Fraction(other.value))
    if not loosely and one.is_calendar is not other.is_calendar and (_is_indefinite(one) or _is_indefinite(other)):
        return None
    pair = _in_base(one, other)
    return _sign(*pair) if pair else None


def _is_indefinite(one: Quantity) -> bool:
    return one.is_calendar and one.unit in _INDEFINITE


def _in_base(one: Quantity, other: Quantity) -> tuple[Fraction, Fraction] | None:
    left, right = one.definite, other.definite
    if left is None or right is None or left.dimensions != right.dimensions:
        return None
    return left.in_base(Fraction(one.value)), right.in_base(Fraction(other.value))


def _sign(left: Fraction, right: Fraction) -> int:
    return (left > right) - (left < right)


def equivalent(one: Quantity, other: Quantity) -> bool:
    """Equality to the digits of the less precise one."""
    left, right = one.definite, other.definite
    if one[1:] == other[1:]:
        return _near(one.value, Fraction(other.value), other.value)
    if left is None or right is None or left.dimensions != right.dimensions:
        return False
    if left.offset or right.offset:
        return compare(one, other) == 0
    converted = Fraction(other.value) * right.factor / left.factor
    return _near(one.value, converted, multiply(other.value, decimal_ratio(right, left)))


def decimal_ratio(one: Unit, other: Unit) -> Decimal:
    """How many of ``other`` one ``one`` is."""
    ratio = one.factor / other.factor
    return divide(Decimal(ratio.numerator), Decimal(ratio.denominator))


def _near(value: Decimal, exact: Fraction, other: Decimal) -> bool:
    """Whether two numbers agree when both are rounded to the fewer decimals of the two."""
    places = min(decimals(value), decimals(other))
    return round(Fraction(value), places) == round(exact, places)


def decimals(value: Decimal) -> int:
    """Digits after the point, as written."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def times(one: Quantity, other: Quantity) -> Quantity:
    """The product, its unit written as a product."""
    return Quantity(multiply(one.value, other.value), _joined(one.unit, ".", other.unit))


def over(one: Quantity, other: Quantity) -> Quantity:
    """The quotient, its unit written as a quotient; ``1`` for the same units."""
    value = divide(one.value, other.value)
    return Quantity(value, "1" if one.unit == other.unit else _joined(one.unit, "/", other.unit))


def _joined(one: str, sign: str, other: str) -> str:
    left, right = CALENDAR.get(one, one), CALENDAR.get(other, other)
    if right == "1":
        return left
    right = f"({right})" if any(mark in right for mark in "./") else right
    if left == "1":
        return f"/{right}" if sign == "/" else right
    return f"{left}{sign}{right}"


def plus(one: Quantity, other: Quantity) -> Quantity | None:
    """The sum in the finer unit of the two, so that it stays exact; None when units are not comparable."""
    if one[1:] == other[1:]:
        return one._replace(value=EXACT.add(one.value, other.value))
    left, right = one.definite, other.definite
    if left is None or right is None or left.dimensions != right.dimensions or left.offset or right.offset:
        return None
    if left.factor > right.factor:
        one, left, other, right = other, right, one, left
    return one._replace(value=EXACT.add(one.value, multiply(other.value, decimal_ratio(right, left))))
