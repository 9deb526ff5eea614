"""Index entries: what the store knows about the content of a resource version.

Five kinds, nothing else. An engine never sees FHIR search text; it is given entries when a version is written and a
predicate (``fhir_server.store.query``) when one is sought.
"""

from __future__ import annotations

import unicodedata
from enum import IntEnum
from typing import NamedTuple, TypeAlias


class Kind(IntEnum):
    """The kind of an entry. The numbers are stored: never renumber."""

    STRING = 1
    TOKEN = 2
    RANGE = 3
    REFERENCE = 4
    URI = 5


#: A point on a scale: microseconds since 1970 UTC for dates, ``encode_number`` bytes for numbers and quantities.
#: One parameter uses one of the two, so they are never compared with each other.
Bound: TypeAlias = int | bytes


class Token(NamedTuple):
    """A coded value. ``system`` is "" when the resource gives none."""

    system: str
    code: str


class Interval(NamedTuple):
    """The half-open interval ``[low, high)`` that a date, number or quantity covers with its implicit precision."""

    low: Bound
    high: Bound


#: STRING and URI: the text as in the resource. TOKEN: a Token. RANGE: an Interval. REFERENCE: "Type/id" for a
#: resource of this server, else the absolute URL or canonical.
Value: TypeAlias = str | Token | Interval


#: The keys of an entry that has no unit and no other half.
NO_KEY: tuple[str, ...] = ("",)


class Entry(NamedTuple):
    """``keys`` name what the value belongs to: each form of a quantity's unit, each of a composite's other half.

    A term compares with the entries that have its key among theirs.
    """

    param: str
    kind: Kind
    keys: tuple[str, ...]
    value: Value


#: Raised by one when ``fold`` changes: stored entries of an older fold need a reindex.
FOLD_VERSION = 1

_D_WITH_STROKE = str.maketrans("đĐðÐ", "dddd")


def fold(text: str) -> str:
    """``text`` as string search compares it: case and diacritics dropped, đ as d, inner white space as one blank."""
    if text.isascii():
        return " ".join(text.lower().split())
    decomposed = unicodedata.normalize("NFD", text.translate(_D_WITH_STROKE))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFC", bare.casefold()).split())
