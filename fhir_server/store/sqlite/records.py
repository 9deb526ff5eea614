"""Records: values kept beside the resources, packed when that helps."""

from __future__ import annotations

import apsw
import zstandard

from fhir_server.store.protocol import HOLDS

_PLAIN, _PACKED = b"\x00", b"\x01"
_WORTH_PACKING = 256


def packed_record(value: bytes) -> bytes:
    """The stored form: a marker byte and the value, packed when it is long."""
    if len(value) < _WORTH_PACKING:
        return _PLAIN + value
    return _PACKED + zstandard.ZstdCompressor(level=3).compress(value)


def unpacked_record(stored: bytes) -> bytes:
    """The value of a stored form."""
    if stored[:1] == _PLAIN:
        return stored[1:]
    return zstandard.ZstdDecompressor().decompress(stored[1:])


def record(db: apsw.Connection, space: str, name: str) -> bytes | None:
    """See ``Store.record``."""
    stored = db.execute("SELECT value FROM record WHERE space = ? AND name = ?", (space, name)).get
    return None if stored is None else unpacked_record(stored)


def record_chunk(db: apsw.Connection, space: str, after: str | None, limit: int, size: int) -> list[tuple[str, bytes]]:
    """At most ``limit`` records of a space that follow a name, none any more after ``size`` bytes."""
    where, values = ("space = ?", [space]) if after is None else ("space = ? AND name > ?", [space, after])
    rows = db.execute(f"SELECT name, value FROM record WHERE {where} ORDER BY name LIMIT {int(limit)}", values)
    found: list[tuple[str, bytes]] = []
    for name, value in rows:
        found.append((name, unpacked_record(value)))
        size -= len(found[-1][1])
        if size <= 0:
            break
    return found


def spaces(db: apsw.Connection) -> list[str]:
    """See ``Movable.spaces``."""
    return [row[0] for row in db.execute("SELECT DISTINCT space FROM record ORDER BY space")]


def held(db: apsw.Connection) -> list[int]:
    """The positions that open work keeps searchable."""
    rows = db.execute("SELECT value FROM record WHERE space = ?", (HOLDS,))
    return [int(unpacked_record(value)) for (value,) in rows]
