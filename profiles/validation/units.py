"""Quantities of UCUM in base units, so that different units can be compared. https://ucum.org/ucum"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from conformance.fhirpath.ucum import unit

_UCUM = "http://unitsofmeasure.org"


def in_base_units(quantity: dict[str, Any]) -> tuple[Fraction, frozenset[tuple[str, int]]] | None:
    """The value in base units and its dimensions; None when it is no UCUM quantity that is known."""
    value, code = quantity.get("value"), quantity.get("code")
    if quantity.get("system") != _UCUM or not isinstance(code, str) or not isinstance(value, int | Decimal):
        return None
    found = unit(code)
    return None if found is None else (found.in_base(Fraction(value)), found.dimensions)
