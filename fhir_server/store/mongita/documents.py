"""Versions and records as Mongita documents. Its ``_id`` is a text; entries are one packed value."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import msgspec

from fhir_server.store.entries import Entry, Interval, Kind, Token
from fhir_server.store.protocol import Key, Op, Version

Document: TypeAlias = dict[str, Any]


class _PackedEntry(NamedTuple):
    param: str
    kind: int
    keys: tuple[str, ...]
    first: Any
    second: Any


class Kept(NamedTuple):
    """A version with what searches need."""

    version: Version
    entries: tuple[Entry, ...]
    labels: tuple[str, ...]
    digest: bytes


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[_PackedEntry, ...]).decode


def document_of(kept: Kept) -> Document:
    """The document of a version."""
    version = kept.version
    return {
        "_id": str(version.vid),
        "type": version.key.type,
        "id": version.key.id,
        "version": version.version_id,
        "position": version.position,
        "updated": version.last_updated,
        "op": int(version.op),
        "body": version.body,
        "entries": _pack(tuple(map(_packed, kept.entries))),
        "labels": list(kept.labels),
        "digest": kept.digest,
    }


def kept_of(document: Document) -> Kept:
    """The version in a document."""
    version = Version(
        Key(document["type"], document["id"]),
        document["version"],
        int(document["_id"]),
        int(document["position"]),
        int(document["updated"]),
        Op(document["op"]),
        document["body"],
    )
    entries = tuple(map(_entry, _unpack(document["entries"])))
    return Kept(version, entries, tuple(document["labels"]), document["digest"])


def _packed(entry: Entry) -> _PackedEntry:
    first, second = entry.value if isinstance(entry.value, tuple) else (entry.value, None)
    return _PackedEntry(entry.param, int(entry.kind), entry.keys, first, second)


def _entry(packed: _PackedEntry) -> Entry:
    param, kind, keys, first, second = packed
    match Kind(kind):
        case Kind.TOKEN:
            return Entry(param, Kind.TOKEN, keys, Token(first, second))
        case Kind.RANGE:
            return Entry(param, Kind.RANGE, keys, Interval(first, second))
        case other:
            return Entry(param, other, keys, first)
