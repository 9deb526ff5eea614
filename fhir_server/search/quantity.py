"""Quantity parameters. https://hl7.org/fhir/R4/search.html#quantity

The keys of an entry are the forms of the unit that a query may use: none, code, unit as shown, ``system|code``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from fhir_server.search.escaping import split, unescape
from fhir_server.search.kinds import Asked, Draft, Emit, ParameterKind, Setting, range_draft
from fhir_server.search.number import HIGHEST, LOWEST, asked_interval, decimal_of, point
from fhir_server.store.entries import Interval
from fhir_server.store.query import Predicate, RangeTerm

CURRENCIES = "urn:iso:std:iso:4217"


def _drafts(span: Interval, *unit: Any) -> tuple[Draft]:
    texts = (part if isinstance(part, str) else None for part in unit)
    return (range_draft(*span, _forms(*texts)),)


@lru_cache(maxsize=4096)
def _forms(system: str | None, code: str | None, unit: str | None = None) -> tuple[str, ...]:
    """The keys of a unit."""
    keys = ["", *(text for text in (code, unit) if text is not None)]
    if system is not None and code is not None:
        keys.append(f"{system}|{code}")
    return tuple(dict.fromkeys(keys))


def _span(quantity: Any) -> Interval | None:
    """The interval of a Quantity; one with a comparator reaches without end."""
    number = decimal_of(quantity.get("value")) if isinstance(quantity, dict) else None
    if number is None:
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
    return () if span is None else _drafts(span, value.get("system"), value.get("code"), value.get("unit"))


def _money(value: Any, _setting: Setting) -> Iterable[Draft]:
    span = _span(value)
    return () if span is None else _drafts(span, CURRENCIES, value.get("currency"))


def _range(value: Any, _setting: Setting) -> Iterable[Draft]:
    if not isinstance(value, dict):
        return ()
    low, high = _span(value.get("low")), _span(value.get("high"))
    if low is None and high is None:
        return ()
    unit = value["low"] if low else value["high"]
    span = Interval(low.low if low else LOWEST, high.high if high else HIGHEST)
    return _drafts(span, unit.get("system"), unit.get("code"), unit.get("unit"))


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
        raise asked.bad("number, number|system|code or number||code")
    comparison, (low, high) = asked_interval(asked, number)
    return RangeTerm(asked.name, comparison, low, high, asked.key + _unit_key(asked, unit))


def _unit_key(asked: Asked, unit: list[str]) -> str:
    if not unit:
        return ""
    system, code = unit
    if not code and system:
        raise asked.bad("a code beside the system of the unit")
    return f"{system}|{code}" if system else code


QUANTITY = ParameterKind("quantity", _EMIT, _term)
