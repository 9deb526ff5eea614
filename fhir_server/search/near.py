"""``near``: places within a distance. https://hl7.org/fhir/R4/location.html#positional

``near=latitude|longitude|distance|unit``: degrees; the unit is ``km`` when none is given, else any UCUM unit of length.
Without a distance it is ``DEFAULT_KILOMETRES``. A place has an entry for its latitude and one for its longitude.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from conformance.fhirpath import ucum
from conformance.issues import Words
from fhir_server.search.escaping import split, unescape
from fhir_server.search.kinds import Asked, Draft, ParameterKind, Setting, range_draft
from fhir_server.search.number import decimal_of
from fhir_server.store.earth import SCALE
from fhir_server.store.query import NearTerm, Predicate

DEFAULT_KILOMETRES = 50

#: Suffix of the entry of the longitude.
LONGITUDE = ":longitude"

_NUMBER = re.compile(r"[+-]?\d{1,6}(\.\d{1,20})?")
_METRE = frozenset({("m", 1)})
_WORDS = {"": "km", "miles": "[mi_i]", "mi": "[mi_i]"}


def _position(value: Any, _setting: Setting) -> Iterable[Draft]:
    if not isinstance(value, dict):
        return ()
    latitude, longitude = _degrees(value.get("latitude"), 90), _degrees(value.get("longitude"), 180)
    if latitude is None or longitude is None:
        return ()
    kind, interval, keys, _ = range_draft(longitude, longitude + 1)
    return (range_draft(latitude, latitude + 1), (kind, interval, keys, LONGITUDE))


def _degrees(value: Any, limit: int) -> int | None:
    number = decimal_of(value)
    return None if number is None or abs(number) > limit else round(number * SCALE)


def _term(asked: Asked) -> Predicate:
    parts = [unescape(part) for part in split(asked.text, "|")]
    if not 2 <= len(parts) <= 4:
        raise asked.bad(Words("latitude|longitude|distance|unit", "vĩ độ|kinh độ|khoảng cách|đơn vị"))
    latitude, longitude, distance, unit = (*parts, *[""] * (4 - len(parts)))
    point = (_asked_degrees(asked, latitude, 90), _asked_degrees(asked, longitude, 180))
    return NearTerm(asked.name, asked.name + LONGITUDE, point, _metres(asked, distance, unit))


def _asked_degrees(asked: Asked, text: str, limit: int) -> int:
    found = _degrees(Decimal(text), limit) if _NUMBER.fullmatch(text) else None
    if found is None:
        raise asked.bad(Words(f"degrees from -{limit} to {limit}", f"độ từ -{limit} đến {limit}"))
    return found


def _metres(asked: Asked, distance: str, unit: str) -> float:
    text = distance or str(DEFAULT_KILOMETRES)
    found = ucum.unit(_WORDS.get(unit, unit))
    if found is None or found.dimensions != _METRE:
        raise asked.bad(Words("a unit of length such as km, m or [mi_i]", "đơn vị độ dài như km, m hoặc [mi_i]"))
    if not _NUMBER.fullmatch(text) or Decimal(text) < 0:
        raise asked.bad(Words("a distance that is no less than 0", "khoảng cách không nhỏ hơn 0"))
    return float(found.in_base(Fraction(text)))


POSITION = ParameterKind("special", {"Location.position": _position}, _term, sortable=False)
