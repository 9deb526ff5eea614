"""Writes on their way from a mapping process to the writer.

Pickle names the class of each of the several hundred index entries of a visit, at four times the cost of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from fhir_server.store.entries import NO_KEY, Entry, Interval, Kind, Token, Value
from fhir_server.store.protocol import Body, Key, Write

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder()
_NO_KEY = list(NO_KEY)
_KINDS = {int(kind): kind for kind in Kind}

#: Entries kept decoded, by their bytes: a visit repeats its patient, its systems and its days many times.
_KEPT = 4_000


def pack(writes: Sequence[Write]) -> bytes:
    """The writes as bytes for ``unpack`` of the same version of this program."""
    return _ENCODER.encode([_row(write) for write in writes])


def _row(write: Write) -> tuple[object, ...]:
    entries = [_ENCODER.encode(entry) for entry in write.entries]
    return (write.key, write.body, entries, write.digest, int(write.expect), write.labels)


def unpack(data: bytes) -> tuple[Write, ...]:
    """The writes that ``pack`` was given."""
    return tuple(_write(*row) for row in _DECODER.decode(data))


def _write(key: Any, body: Any, entries: Any, digest: bytes, expect: int, labels: Any) -> Write:  # noqa: PLR0917
    found = tuple([_entry(packed) for packed in entries])
    return Write(Key(*key), Body(*body) if body else None, found, digest, expect, tuple(labels))


@lru_cache(maxsize=_KEPT)
def _entry(packed: bytes) -> Entry:
    param, kind, keys, value = _DECODER.decode(packed)
    return Entry(param, _KINDS[kind], NO_KEY if keys == _NO_KEY else tuple(keys), _value(kind, value))


def _value(kind: int, value: Any) -> Value:
    if kind == Kind.TOKEN:
        return Token(*value)
    return Interval(*value) if kind == Kind.RANGE else str(value)
