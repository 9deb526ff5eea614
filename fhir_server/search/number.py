"""Number parameters. https://hl7.org/fhir/R4/search.html#number

An indexed number is a point; the implicit precision of the query decides for ``eq``, ``ne`` and ``ap``, and is ignored
by the other prefixes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from conformance.issues import Words
from conformance.numbers import bounds, encode_number
from fhir_server.search.kinds import Asked, Draft, ParameterKind, Setting, range_draft
from fhir_server.search.prefixes import prefixed
from fhir_server.store.entries import Interval
from fhir_server.store.query import Comparison, Predicate, RangeTerm

#: Below and above every encoded number.
LOWEST = b""
HIGHEST = b"\xff"

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
_TENTH = Decimal("0.1")
_IMPLICIT = frozenset({Comparison.EQ, Comparison.NE})


@lru_cache(maxsize=2048)
def point(value: Decimal) -> Interval:
    """The interval that holds ``value`` alone."""
    low = encode_number(value)
    return Interval(low, after(low))


def after(encoded: bytes) -> bytes:
    """The least bound above an encoded number."""
    return encoded + b"\x00"


def decimal_of(value: Any) -> Decimal | None:
    """A JSON number as a Decimal; None for anything else."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _plain(value: Any, _setting: Setting) -> Iterable[Draft]:
    number = decimal_of(value)
    return () if number is None else (range_draft(*point(number)),)


def _same(value: Decimal) -> Decimal:
    return value


def asked_interval(
    asked: Asked, text: str, scaled: Callable[[Decimal], Decimal] = _same
) -> tuple[Comparison, Interval]:
    """The prefix of ``text`` and the interval to compare with, by its implicit precision where that counts.

    ``scaled`` gives a number in the unit that is compared.
    """
    found = prefixed(text)
    if found is None or not _NUMBER.fullmatch(found[1]):
        raise asked.bad(
            Words(
                "a number, perhaps after eq, ne, gt, lt, ge, le, sa, eb or ap",
                "số, trước có thể là eq, ne, gt, lt, ge, le, sa, eb hoặc ap",
            )
        )
    comparison, number = found
    if comparison in _IMPLICIT:
        low, high = bounds(Decimal(number))
        return comparison, Interval(encode_number(scaled(low)), encode_number(scaled(high)))
    value = Decimal(number)
    margin = abs(value) * _TENTH if comparison is Comparison.AP else 0
    return comparison, Interval(encode_number(scaled(value - margin)), after(encode_number(scaled(value + margin))))


def _term(asked: Asked) -> Predicate:
    comparison, (low, high) = asked_interval(asked, asked.text)
    return RangeTerm(asked.name, comparison, low, high, asked.key)


NUMBER = ParameterKind("number", dict.fromkeys(("decimal", "integer", "positiveInt", "unsignedInt"), _plain), _term)
