"""Money of claim rows by the formulas of the claim tables, in whole numbers so that nothing is lost.

Quantities are thousandths, prices thousandths of a dong, amounts hundredths of a dong; percentages are whole.
Every amount is rounded half up to two places. ``../shared/reference/vietnam.md`` section 1.3 prints the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

#: 15 % of the base salary (2,340,000 since July 2024): below it the fund pays everything. In hundredths.
SMALL_COST = 351_000 * 100

ONE = 1000
"""The quantity 1."""


def amount(quantity: int, price: int) -> int:
    """Quantity times price."""
    return (quantity * price + 5_000) // 10_000


def share(quantity: int, price: int, percent: int, second: int = 100) -> int:
    """Quantity times price times a percentage, or two, rounded once."""
    return (quantity * price * percent * second + 50_000_000) // 100_000_000


@dataclass(frozen=True, slots=True)
class Split:
    """Who pays one line, in hundredths of a dong."""

    fund: int
    copayment: int
    self_pay: int
    other: int


def split(hospital: int, insured: int, level: int, support: int = 0) -> Split:
    """The line's payers, support for this one patient taken off self-pay, then co-payment, then fund (case a)."""
    fund = (insured * level + 50) // 100
    parts = [hospital - insured, insured - fund, fund]
    rest = support
    for place, part in enumerate(parts):
        taken = min(part, rest)
        parts[place] = part - taken
        rest -= taken
    return Split(fund=parts[2], copayment=parts[1], self_pay=parts[0], other=support - rest)


@lru_cache(maxsize=16384)
def amount_text(hundredths: int, *, trim: bool) -> str:
    """``1234.50``; without useless zeros when ``trim``."""
    whole, part = divmod(hundredths, 100)
    if trim and not part % 10:
        return f"{whole}.{part // 10}" if part else str(whole)
    return f"{whole}.{part:02d}"


@lru_cache(maxsize=16384)
def thousandths_text(value: int, *, trim: bool) -> str:
    """A price or a quantity with three places; without useless zeros when ``trim``."""
    whole, part = divmod(value, 1000)
    if not trim:
        return f"{whole}.{part:03d}"
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)


def thousandths(text: str) -> int:
    """Thousandths of a decimal text with at most three places."""
    whole, _, part = text.partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0"))
