"""Writes on their way from a mapping process to the writer.

Pickle names the class of each of the several hundred index entries of a visit, at four times the cost of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from fhir_server.store.entries import Entry, Interval, Kind, Token, Value
from fhir_server.store.protocol import Body, Key, Write

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder()
_KINDS = {int(kind): kind for kind in Kind}


def pack(writes: Sequence[Write]) -> bytes:
    """The writes as bytes for ``unpack`` of the same version of this program."""
    return _ENCODER.encode(
        [(write.key, write.body, write.entries, write.digest, int(write.expect), write.labels) for write in writes]
    )


def unpack(data: bytes) -> tuple[Write, ...]:
    """The writes that ``pack`` was given."""
    return tuple(_write(*row) for row in _DECODER.decode(data))


def _write(key: Any, body: Any, entries: Any, digest: bytes, expect: int, labels: Any) -> Write:  # noqa: PLR0917
    return Write(Key(*key), Body(*body) if body else None, tuple(map(_entry, entries)), digest, expect, tuple(labels))


def _entry(row: list[Any]) -> Entry:
    param, kind, key, value = row
    return Entry(param, _KINDS[kind], key, _value(kind, value))


def _value(kind: int, value: Any) -> Value:
    if kind == Kind.TOKEN:
        return Token(*value)
    return Interval(*value) if kind == Kind.RANGE else str(value)
