"""Sort keys: what a search result is ordered by, the same in every engine.

R4 asks for the least value when ascending and the greatest when descending.
https://hl7.org/fhir/R4/search.html#sort
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from fhir_server.store.entries import Entry, Interval, Kind, Token, fold

#: A value that resources are ordered by; None when the resource has no entry of the parameter.
SortValue: TypeAlias = int | bytes | str | None

#: Texts are ordered by so many characters; longer ones that agree so far are ties.
TEXT_LENGTH = 64


def sort_span(entries: Iterable[Entry]) -> tuple[SortValue, SortValue]:
    """The least and the greatest sort value of one parameter's entries; (None, None) when there are none.

    Ranges are ordered by their low bound; a parameter that has ranges is ordered by them alone. Otherwise by text: a
    string folded, a token by its code.
    """
    ranges: list[int | bytes] = []
    texts: list[str] = []
    for entry in entries:
        if isinstance(entry.value, Interval):
            ranges.append(entry.value.low)
        else:
            texts.append(sort_text(entry))
    values: list[int] | list[str] = ranges or texts  # type: ignore[assignment]
    return (min(values), max(values)) if values else (None, None)


def sort_text(entry: Entry) -> str:
    """The text that a string, token, uri or reference entry is ordered by."""
    match entry.value:
        case Token(_, code):
            return code[:TEXT_LENGTH]
        case str() as text if entry.kind is Kind.STRING:
            return fold(text)[:TEXT_LENGTH]
        case text:
            return str(text)[:TEXT_LENGTH]


def text_after(start: str) -> str | None:
    """The least text after all that begin with ``start``; None when there is none."""
    while start:
        last = ord(start[-1]) + 1
        if last <= 0x10FFFF:
            return start[:-1] + chr(0xE000 if 0xD800 <= last <= 0xDFFF else last)
        start = start[:-1]
    return None


class _Descending:
    """Wraps a value so that it compares the other way round."""

    __slots__ = ("value",)

    def __init__(self, value: int | bytes | str) -> None:
        self.value = value

    def __lt__(self, other: _Descending) -> bool:
        return other.value < self.value  # type: ignore[operator]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value)


#: Ranges come before texts.
_KINDS: dict[type, int] = {int: 0, bytes: 1, str: 2}


def _ascending_rank(value: SortValue) -> tuple[int, int, object]:
    return (1, 0, 0) if value is None else (0, _KINDS[type(value)], value)


def _descending_rank(value: SortValue) -> tuple[int, int, object]:
    return (1, 0, 0) if value is None else (0, -_KINDS[type(value)], _Descending(value))


def rank(values: Iterable[SortValue], directions: Iterable[bool], vid: int) -> tuple[object, ...]:
    """A tuple that sorts as the query asks: ``directions`` tells which values descend; missing ones come last.

    Ties go by ``vid`` in the direction of the first key.
    """
    descending = tuple(directions)
    ranked = [
        (_descending_rank if down else _ascending_rank)(value) for value, down in zip(values, descending, strict=True)
    ]
    return (*ranked, -vid if descending and descending[0] else vid)
