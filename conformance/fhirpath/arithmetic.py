"""Exact decimal numbers with bounded digits. https://hl7.org/fhirpath/N1/#math

Nothing here raises: a result that does not exist or is out of bounds is a NaN, an infinity or None, which the callers
give as an empty collection.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any

#: Digits kept, and no traps: errors are values.
EXACT = Context(prec=34, Emin=-6000, Emax=6000, traps=[])
_WIDE = Context(prec=44, Emin=-6000, Emax=6000, traps=[])
#: Integers beyond this many bits are out of bounds.
_BITS = 63

Number = int | Decimal


def decimal_of(value: Any) -> Decimal | None:
    """A JSON number as Decimal; None for anything else."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Decimal(value) if isinstance(value, int) else Decimal(str(value))


def in_bounds(value: Number) -> Number | None:
    """``value``, or None when it is no number that can be kept."""
    if isinstance(value, int):
        return value if value.bit_length() <= _BITS else None
    return value if value.is_finite() else None


def as_decimal(value: Number) -> Decimal:
    """An integer or decimal as decimal."""
    return value if isinstance(value, Decimal) else Decimal(value)


def add(one: Number, other: Number) -> Number:
    """The sum; integers stay integers."""
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return EXACT.add(as_decimal(one), as_decimal(other))


def subtract(one: Number, other: Number) -> Number:
    """The difference; integers stay integers."""
    return add(one, negated(other))


def negated(value: Number) -> Number:
    """``value`` with the other sign; zero has none."""
    return -value if isinstance(value, int) else EXACT.minus(value)


def magnitude(value: Number) -> Number:
    """``value`` without its sign."""
    return abs(value) if isinstance(value, int) else value.copy_abs()


def multiply_numbers(one: Number, other: Number) -> Number:
    """The product; integers stay integers."""
    if isinstance(one, int) and isinstance(other, int):
        return one * other
    return multiply(as_decimal(one), as_decimal(other))


def multiply(one: Decimal, other: Decimal) -> Decimal:
    """The product of decimals."""
    return EXACT.multiply(one, other)


def divide(one: Decimal, other: Decimal) -> Decimal:
    """The quotient; NaN or infinite for a division by zero."""
    return EXACT.divide(one, other)


def whole_quotient(one: Number, other: Number) -> Number | None:
    """``div``: the quotient cut to an integer; None for a division by zero."""
    if not other:
        return None
    if isinstance(one, int) and isinstance(other, int):
        return abs(one) // abs(other) * (1 if (one < 0) is (other < 0) else -1)
    return truncated(divide(as_decimal(one), as_decimal(other)))


def remainder(one: Number, other: Number) -> Number | None:
    """``mod``: what is left of ``div``, with the sign of ``one``; None for a division by zero."""
    if not other:
        return None
    if isinstance(one, int) and isinstance(other, int):
        return abs(one) % abs(other) * (-1 if one < 0 else 1)
    return EXACT.remainder(as_decimal(one), as_decimal(other))


def truncated(value: Decimal) -> int | None:
    """The integer part; None when it is out of bounds."""
    return _whole(value, ROUND_DOWN)


def floor(value: Decimal) -> int | None:
    """The greatest integer not above."""
    return _whole(value, ROUND_FLOOR)


def ceiling(value: Decimal) -> int | None:
    """The least integer not below."""
    return _whole(value, ROUND_CEILING)


def _whole(value: Decimal, rounding: str) -> int | None:
    if not value.is_finite() or value.adjusted() > 18:
        return None
    return int(value.to_integral_value(rounding))


def rounded(value: Decimal, places: int) -> Decimal:
    """``value`` to so many decimals, halves away from zero."""
    if -value.as_tuple().exponent <= places:  # type: ignore[operator]  # only finite values come here
        return value
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, EXACT)


def power(base: Number, exponent: Number) -> Number:
    """``base`` to ``exponent``; NaN when there is none. Integers stay integers while the exponent is not negative."""
    found = _tidy(_WIDE.power(as_decimal(base), as_decimal(exponent)))
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0 and found.is_finite():
        return truncated(found) or 0 if found.adjusted() <= 18 else Decimal("NaN")
    return found


def logarithm(value: Decimal, base: Decimal | None = None) -> Decimal:
    """Of ``base``, natural without; NaN where there is none."""
    natural = _WIDE.ln(value)
    return _tidy(natural if base is None else _WIDE.divide(natural, _WIDE.ln(base)))


def exponential(value: Decimal) -> Decimal:
    """e to ``value``."""
    return _tidy(_WIDE.exp(value))


def root(value: Decimal) -> Decimal:
    """The square root; NaN for a negative one."""
    return _tidy(_WIDE.sqrt(value))


def _tidy(value: Decimal) -> Decimal:
    """Rounded to the digits that are kept, without trailing zeros after the point: 4.000… is 4."""
    short = EXACT.plus(value)
    if not short.is_finite():
        return short
    plain = EXACT.normalize(short)
    exponent = plain.as_tuple().exponent
    return plain.quantize(Decimal(1)) if isinstance(exponent, int) and 0 < exponent < 28 else plain
