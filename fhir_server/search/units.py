"""UCUM units in their canonical form, so that 5 mg is found as 0.005 g. https://hl7.org/fhir/R4/search.html#quantity"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from functools import lru_cache
from typing import NamedTuple

from conformance.fhirpath import ucum
from conformance.fhirpath.quantities import UCUM

#: Digits that a converted number keeps.
_EXACT = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


class Canonical(NamedTuple):
    """How a number of some unit is told in base units: (number + offset) * numerator / denominator."""

    key: str
    """``system|code`` of the base units."""
    numerator: Decimal
    denominator: Decimal
    offset: Decimal

    def of(self, value: Decimal) -> Decimal:
        """``value`` in base units; an infinity or 0 when it is beyond what a number can be."""
        return _EXACT.divide(_EXACT.multiply(_EXACT.add(value, self.offset), self.numerator), self.denominator)


@lru_cache(maxsize=4096)
def canonical(code: str) -> Canonical | None:
    """The canonical form of a UCUM unit; None when the unit is not known here."""
    unit = ucum.unit(code)
    if unit is None:
        return None
    parts = sorted(f"{name}{power if power != 1 else ''}" for name, power in unit.dimensions)
    factor, offset = unit.factor, unit.offset
    return Canonical(
        f"{UCUM}|{'.'.join(parts) or '1'}",
        Decimal(factor.numerator),
        Decimal(factor.denominator),
        _EXACT.divide(Decimal(offset.numerator), Decimal(offset.denominator)),
    )
