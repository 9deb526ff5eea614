"""Cursors: the place after a page, as scalars that can be printed."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import BadRequest
from fhir_server.store.messages import BAD_CURSOR
from fhir_server.store.ordering import SortValue
from fhir_server.store.protocol import Cursor

_BYTES, _TEXT = "b", "s"


def cursor_after(position: int, values: Sequence[SortValue], vid: int, *, backward: bool = False) -> Cursor:
    """The cursor behind a match with these sort values, or with ``backward`` before it."""
    return Cursor(position, (*map(_printable, values), vid), backward)


def place_of(cursor: Cursor, keys: int) -> tuple[list[SortValue], int]:
    """Sort values and vid of the match before the page; ``BadRequest`` when it was not made for so many sort keys."""
    *values, vid = cursor.after or (None,)
    if len(values) != keys or not isinstance(vid, int):
        raise BadRequest.of(BAD_CURSOR)
    return [_value(value) for value in values], vid


def _printable(value: SortValue) -> str | int | None:
    match value:
        case bytes():
            return _BYTES + value.hex()
        case str():
            return _TEXT + value
        case _:
            return value


def _value(value: str | int | None) -> SortValue:
    if not isinstance(value, str):
        return value
    kind, rest = value[:1], value[1:]
    if kind == _TEXT:
        return rest
    try:
        return bytes.fromhex(rest)
    except ValueError as error:
        raise BadRequest.of(BAD_CURSOR) from error
