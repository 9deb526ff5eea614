"""The catalogue of a compiled package: from type and URL, or type and id, to where a resource stands.

It is a sorted list of hashed keys, searched in the mapped file: opening a package of any size costs nothing.
"""

from __future__ import annotations

import hashlib
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import msgspec
from msgspec import Struct

from conformance.definitions.cache import Archive, Sections, Span

_KEY_BYTES = 12
_RECORD_BYTES = _KEY_BYTES + 8
_URL, _ID = "url", "id"


class Part(Struct, frozen=True, array_like=True):
    """``length`` bytes from ``start`` of an unpacked block."""

    block: Span
    start: int
    length: int


class Row(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One resource: its published text, and its compiled form when it is a StructureDefinition that has one."""

    type: str
    id: str
    url: str
    version: str
    text: Part
    structure: Span | None = None


class Written(NamedTuple):
    """What a header says of the catalogue."""

    catalogue: Span
    rows: Span
    sum: int


_ROW = msgspec.msgpack.Decoder(Row)


def write_catalogue(rows: Iterable[Row], sections: Sections) -> Written:
    """Adds the catalogue of ``rows``, whatever their order."""
    records: list[bytes] = []
    texts = bytearray()
    for row in rows:
        packed = msgspec.msgpack.encode(row)
        place = len(texts).to_bytes(4, "big") + len(packed).to_bytes(4, "big")
        records += (key + place for key in _keys(row))
        texts += packed
    index = b"".join(sorted(records))
    checksum = zlib.crc32(texts, zlib.crc32(index))
    return Written(sections.add_plain(index), sections.add_plain(bytes(texts)), checksum)


class Catalogue:
    """Reads the catalogue of an opened file. Keeps nothing."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def with_url(self, type_name: str, url: str) -> list[Row]:
        """The resources of this type and URL, one for each version that the package holds."""
        return [row for row in self._found(type_name, _URL, url) if row.url == url and row.type == type_name]

    def with_id(self, type_name: str, id_: str) -> list[Row]:
        """The resources of this type and id."""
        return [row for row in self._found(type_name, _ID, id_) if row.id == id_ and row.type == type_name]

    def rows(self) -> Iterator[Row]:
        """All resources; each may come twice."""
        records = self._records
        return (records.row(place) for place in range(len(records)))

    @cached_property
    def _records(self) -> _Records:
        self._archive.check_catalogue()
        return _Records(self._archive)

    def _found(self, type_name: str, kind: str, name: str) -> Iterator[Row]:
        key = _key(type_name, kind, name)
        records = self._records
        place = bisect_left(records, key)
        while place < len(records) and records[place] == key:
            yield records.row(place)
            place += 1


class _Records:
    """The sorted keys, as ``bisect`` asks for them."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._start = archive.header.catalogue.offset
        self._rows = archive.header.rows.offset

    def __len__(self) -> int:
        return self._archive.header.catalogue.length // _RECORD_BYTES

    def __getitem__(self, place: int) -> bytes:
        return self._archive.plain(self._start + place * _RECORD_BYTES, _KEY_BYTES)

    def row(self, place: int) -> Row:
        """What the key at ``place`` leads to."""
        pair = self._archive.plain(self._start + place * _RECORD_BYTES + _KEY_BYTES, 8)
        offset, length = int.from_bytes(pair[:4], "big"), int.from_bytes(pair[4:], "big")
        return _ROW.decode(self._archive.plain(self._rows + offset, length))


def _keys(row: Row) -> Iterator[bytes]:
    if row.url:
        yield _key(row.type, _URL, row.url)
    if row.id:
        yield _key(row.type, _ID, row.id)


def _key(type_name: str, kind: str, name: str) -> bytes:
    text = f"{type_name}\0{kind}\0{name}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=_KEY_BYTES).digest()
