"""Digits of a date or time, and the moments between which it lies. https://hl7.org/fhirpath/#precision-integer"""

from __future__ import annotations

from decimal import Decimal

from conformance.fhirpath.moments import EAST, WEST, Moment, completed, written

#: Digits of a precision -> how many components that is, and whether milliseconds are asked for.
_DATE_DIGITS = {4: 1, 6: 2, 8: 3, 10: 4, 12: 5, 14: 6, 17: 6}
_TIME_DIGITS = {2: 1, 4: 2, 6: 3, 9: 3}


def digits(value: Moment) -> int:
    """The precision of a moment, in digits of its text: 8 for a day, 17 for milliseconds."""
    table = _TIME_DIGITS if value.is_time else _DATE_DIGITS
    known = len(value.parts)
    return max(
        digit for digit, count in table.items() if count == known and (digit not in (9, 17) or _has_fraction(value))
    )


def _has_fraction(value: Moment) -> bool:
    last = value.parts[-1]
    return isinstance(last, Decimal) and last.as_tuple().exponent != 0


def boundary(value: Moment, precision: int, *, last: bool) -> str | None:
    """The least or greatest moment that ``value`` may mean, to ``precision`` digits; None for a precision there is not.

    An hour without minutes counts as its first minute, as in HL7's own suite; a second without decimals has a thousand
    milliseconds, as in the suite of SQL on FHIR.
    """
    table = _TIME_DIGITS if value.is_time else _DATE_DIGITS
    if precision not in table:
        return None
    parts = (*value.parts, 0) if len(value.parts) == (1 if value.is_time else 4) else value.parts
    whole = _clock_completed(parts, last=last) if value.is_time else completed(parts, last=last)
    if last and precision in (9, 17) and digits(value) == precision - 3:
        whole = (*whole[:-1], whole[-1] + Decimal("0.999"))
    zone = value.offset
    if zone is None and not value.is_time and precision > 8:
        zone = -WEST // 60 if last else EAST // 60
    return written(Moment(whole[: table[precision]], zone, value.is_time), ".000" if precision in (9, 17) else "")


def _clock_completed(parts: tuple[int | Decimal, ...], *, last: bool) -> tuple[int | Decimal, ...]:
    whole = (23, 59, Decimal("59.999")) if last else (0, 0, Decimal(0))
    return (*parts, *whole[len(parts) :])
