"""Writes on their way from a mapping process to the writer.

Pickle names the class of each of the several hundred index entries of a visit, at many times the cost of this: an entry
that several writes share is sent once, and is read straight into its class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fhir_server.store.entries import Entry, Interval, Kind, Token
from fhir_server.store.protocol import Body, Key, Write


class _TokenEntry(Entry):
    __slots__ = ()
    value: Token


class _RangeEntry(Entry):
    __slots__ = ()
    value: Interval


class _TextEntry(Entry):
    __slots__ = ()
    value: str


#: Which of the three lists of entries one is in.
_LIST_OF = {Kind.TOKEN: 0, Kind.RANGE: 1, Kind.STRING: 2, Kind.URI: 2, Kind.REFERENCE: 2}


class _Row(msgspec.Struct, array_like=True, gc=False):
    """A write; ``entries`` are numbers of entries."""

    key: Key
    body: Body | None
    entries: list[int]
    digest: bytes
    expect: int
    labels: tuple[str, ...]


class _Message(msgspec.Struct, array_like=True):
    """All writes, and their different entries: ``order`` tells for each number the list in which the entry is next."""

    rows: list[_Row]
    order: bytes
    tokens: list[_TokenEntry]
    ranges: list[_RangeEntry]
    texts: list[_TextEntry]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Message)


def pack(writes: Sequence[Write]) -> bytes:
    """The writes as bytes for ``unpack`` of the same version of this program."""
    numbers: dict[Entry, int] = {}
    rows = [
        (
            write.key,
            write.body,
            [numbers.setdefault(entry, len(numbers)) for entry in write.entries],
            write.digest,
            int(write.expect),
            write.labels,
        )
        for write in writes
    ]
    order = bytes([_LIST_OF[entry.kind] for entry in numbers])
    lists: tuple[list[Entry], ...] = ([], [], [])
    for entry, place in zip(numbers, order, strict=True):
        lists[place].append(entry)
    return _ENCODER.encode((rows, order, *lists))


def unpack(data: bytes) -> tuple[Write, ...]:
    """The writes that ``pack`` was given."""
    message = _DECODER.decode(data)
    lists: tuple[Any, ...] = (iter(message.tokens), iter(message.ranges), iter(message.texts))
    entry_of = [next(lists[place]) for place in message.order].__getitem__
    return tuple(
        Write(row.key, row.body, tuple(map(entry_of, row.entries)), row.digest, row.expect, row.labels)
        for row in message.rows
    )
