"""Entries as texts of one multikey index, and terms as points and intervals of it.

An element is ``parameter, mark and key, value`` with a separator between. MongoDB compares texts byte by byte in UTF-8,
so elements that share a beginning lie side by side; its binary values would be ordered by length first. Systems and
keys are only ever compared for equality: their 80-bit hashes stand for them.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple, TypeAlias

from fhir_server.store.entries import Bound, Entry, Interval, Kind, Token, fold
from fhir_server.store.ordering import text_after

Document: TypeAlias = dict[str, Any]

SEPARATOR = "\x01"
_HASH = 10
_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1


class Mark(StrEnum):
    """What an element tells. Stored: never change one."""

    FOLDED = "s"
    EXACT = "x"
    TOKEN = "t"  # noqa: S105  no password
    SYSTEM = "y"
    REFERENCE = "r"
    URI = "u"
    LABEL = "l"


class Span(NamedTuple):
    """The elements from ``low`` up to, not with, ``high``."""

    low: str
    high: str


def escaped(text: str) -> str:
    """``text`` without the separator; different texts stay different."""
    if SEPARATOR not in text and "\x02" not in text:
        return text
    return text.replace("\x02", "\x02\x02").replace(SEPARATOR, "\x02\x03")


def unescaped(text: str) -> str:
    """What was escaped."""
    return re.sub("\x02([\x02\x03])", lambda found: "\x02" if found[1] == "\x02" else SEPARATOR, text)


@lru_cache(maxsize=10_000)
def hashed(text: str) -> str:
    """What stands for a text that is only compared for equality; "" for ""."""
    return urlsafe_b64encode(blake2b(text.encode(), digest_size=_HASH).digest()).decode().rstrip("=") if text else ""


def element(param: str, mark: Mark, key: str, value: str) -> str:
    """One element."""
    return f"{escaped(param)}{SEPARATOR}{mark}{hashed(key)}{SEPARATOR}{value}"


def beginning(start: str) -> Span:
    """All elements that begin with ``start``."""
    return Span(start, text_after(start) or start)


def of_param(param: str) -> Span:
    """All elements of a parameter, and all names of its ranges."""
    return beginning(escaped(param) + SEPARATOR)


def token(system: str, code: str) -> str:
    """The value of a token: all systems of a code lie side by side."""
    return f"{escaped(code)}{SEPARATOR}{hashed(system)}"


@lru_cache(maxsize=10_000)
def range_name(param: str, key: str) -> str:
    """The name of the ranges of a parameter and key."""
    return f"{escaped(param)}{SEPARATOR}{hashed(key)}"


def bound(value: Bound) -> int | str:
    """A bound as MongoDB orders it: a number, or bytes as the text of their code points."""
    return value.decode("latin-1") if isinstance(value, bytes) else max(_LEAST, min(value, _GREATEST))


def label(text: str) -> str:
    """The element of an access label."""
    return element("", Mark.LABEL, "", text)


@lru_cache(maxsize=10_000)
def elements_of(entry: Entry) -> tuple[str, ...]:
    """The elements of an entry that is no range: one set for each of its keys."""
    param, kind, keys, value = entry
    match kind, value:
        case Kind.TOKEN, Token(system, code):
            pairs = ((Mark.TOKEN, token(system, code)), (Mark.SYSTEM, hashed(system)))
        case Kind.STRING, str() as text:
            pairs = ((Mark.FOLDED, fold(text)), (Mark.EXACT, hashed(text)))
        case Kind.URI, str() as text:
            return (element(param, Mark.URI, "", text),)
        case _:
            return (element(param, Mark.REFERENCE, "", str(value)),)
    return tuple(element(param, mark, key, text) for key in keys for mark, text in pairs)


def ranges_of(entry: Entry) -> list[Document]:
    """The elements of a range: one for each of its keys."""
    if not isinstance(entry.value, Interval):
        return []
    low, high = map(bound, entry.value)
    return [{"n": range_name(entry.param, key), "l": low, "h": high} for key in entry.keys]
