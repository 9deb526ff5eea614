"""Quantity parameters. https://hl7.org/fhir/R4/search.html#quantity

The keys of an entry are the forms of the unit that a query may use: none, code, unit as shown, ``system|code``. A value
in a UCUM unit that is not its own canonical form has a second entry, in base units; ``number|system|code`` is asked in
base units too.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from conformance.fhirpath.quantities import UCUM
from conformance.issues import Words
from fhir_server.search.escaping import split, unescape
from fhir_server.search.kinds import Asked, Draft, Emit, ParameterKind, Setting, range_draft
from fhir_server.search.number import HIGHEST, LOWEST, asked_interval, decimal_of, point
from fhir_server.search.units import Canonical, canonical
from fhir_server.store.entries import Interval
from fhir_server.store.query import Predicate, RangeTerm

CURRENCIES = "urn:iso:std:iso:4217"


def _drafts(span: Interval, *unit: Any) -> tuple[Draft]:
    texts = (part if isinstance(part, str) else None for part in unit)
    return (range_draft(*span, _forms(*texts)),)


def _with_canonical(drafts: tuple[Draft], value: Any, system: Any, code: Any) -> tuple[Draft, ...]:
    """The drafts of a value, and those of the same in base units where these are others."""
    base = canonical(code) if system == UCUM and isinstance(code, str) else None
    if base is None or base.key in drafts[0][2]:
        return drafts
    span = _in_base(value, base)
    return drafts if span is None else (*drafts, range_draft(*span, (base.key,)))


@lru_cache(maxsize=2048)
def _in_base_units(number: Decimal | int, code: str) -> tuple[Draft, ...]:
    """The draft of a value in base units where these are others. Kept: measured values come again and again."""
    base = canonical(code)
    if base is None or base.key == f"{UCUM}|{code}":
        return ()
    value = base.of(Decimal(number))
    return (range_draft(*point(value), (base.key,)),) if value.is_finite() else ()


@lru_cache(maxsize=2048)
def _forms(system: str | None, code: str | None, unit: str | None = None) -> tuple[str, ...]:
    """The keys of a unit."""
    keys = ["", *(text for text in (code, unit) if text is not None)]
    if system is not None and code is not None:
        keys.append(f"{system}|{code}")
    return tuple(dict.fromkeys(keys))


def _span(quantity: Any, base: Canonical | None = None) -> Interval | None:
    """The interval of a Quantity, perhaps in base units; one with a comparator reaches without end."""
    number = decimal_of(quantity.get("value")) if isinstance(quantity, dict) else None
    if number is not None and base is not None:
        number = base.of(number)
    if number is None or not number.is_finite():
        return None
    low, high = point(number)
    match quantity.get("comparator"):
        case "<":
            return Interval(LOWEST, low)
        case "<=":
            return Interval(LOWEST, high)
        case ">=":
            return Interval(low, HIGHEST)
        case ">":
            return Interval(high, HIGHEST)
    return Interval(low, high)


def _quantity(value: Any, _setting: Setting) -> Iterable[Draft]:
    span = _span(value)
    if span is None:
        return ()
    system, code = value.get("system"), value.get("code")
    drafts = _drafts(span, system, code, value.get("unit"))
    if system != UCUM or not isinstance(code, str):
        return drafts
    if "comparator" in value:
        return _with_canonical(drafts, value, system, code)
    return drafts + _in_base_units(value["value"], code)


def _money(value: Any, _setting: Setting) -> Iterable[Draft]:
    span = _span(value)
    return () if span is None else _drafts(span, CURRENCIES, value.get("currency"))


def _range(value: Any, _setting: Setting) -> Iterable[Draft]:
    span = _range_span(value) if isinstance(value, dict) else None
    if span is None:
        return ()
    unit = value["low"] if _span(value.get("low")) else value["high"]
    system, code = unit.get("system"), unit.get("code")
    drafts = _drafts(span, system, code, unit.get("unit"))
    return _with_canonical(drafts, value, system, code)


def _range_span(value: dict[str, Any], base: Canonical | None = None) -> Interval | None:
    low, high = _span(value.get("low"), base), _span(value.get("high"), base)
    if low is None and high is None:
        return None
    return Interval(low.low if low else LOWEST, high.high if high else HIGHEST)


def _in_base(value: dict[str, Any], base: Canonical) -> Interval | None:
    """The interval of a Quantity or Range in base units."""
    return _span(value, base) if "value" in value else _range_span(value, base)


def _sampled(value: Any, setting: Setting) -> Iterable[Draft]:
    """SampledData is found by its declared limits."""
    if not isinstance(value, dict):
        return ()
    unit = value["origin"] if isinstance(value.get("origin"), dict) else {}
    limits = {name: {**unit, "value": value.get(f"{name}erLimit")} for name in ("low", "upp")}
    return _range({"low": limits["low"], "high": limits["upp"]}, setting)


_EMIT: dict[str, Emit] = {
    **dict.fromkeys(("Quantity", "SimpleQuantity", "Age", "Duration", "Count", "Distance", "MoneyQuantity"), _quantity),
    "Money": _money,
    "Range": _range,
    "SampledData": _sampled,
}


def _term(asked: Asked) -> Predicate:
    number, *unit = (unescape(part) for part in split(asked.text, "|"))
    if len(unit) not in (0, 2):
        raise asked.bad(Words("number, number|system|code or number||code", "số, số|hệ mã|mã hoặc số||mã"))
    base = canonical(unit[1]) if unit and unit[0] == UCUM else None
    key = base.key if base else _unit_key(asked, unit)
    comparison, (low, high) = asked_interval(asked, number, base.of) if base else asked_interval(asked, number)
    return RangeTerm(asked.name, comparison, low, high, asked.key + key)


def _unit_key(asked: Asked, unit: list[str]) -> str:
    if not unit:
        return ""
    system, code = unit
    if not code and system:
        raise asked.bad(Words("a code beside the system of the unit", "mã đi cùng hệ mã của đơn vị"))
    return f"{system}|{code}" if system else code


QUANTITY = ParameterKind("quantity", _EMIT, _term)
