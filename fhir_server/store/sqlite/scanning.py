"""Scans: all versions of some types in commit order, in chunks that are bounded by number and by bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from conformance.errors import Gone
from fhir_server.store.messages import PAGE_EXPIRED
from fhir_server.store.protocol import Key, Op, Version, instant
from fhir_server.store.query import ALL, Predicate
from fhir_server.store.sqlite.layout import require_unexpunged
from fhir_server.store.sqlite.matches import matches
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.plan import numbers
from fhir_server.store.sqlite.points import vids_at
from fhir_server.store.sqlite.reading import CHUNK, CHUNK_BYTES, searchable
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.walk import vids_in_order

#: Matches that are looked for at a time: finding them may cost much before the first is found.
MATCHES = 50_000

_COLUMNS = "v.type, v.id, v.vid, v.version, v.op, v.made, v.updated, v.pack, v.cut, v.size, v.body"
_VISIBLE = "v.vid + v.made <= ? AND (v.ended IS NULL OR v.ended > ?)"
_LISTED = f"SELECT {_COLUMNS} FROM json_each(?) m CROSS JOIN version v ON v.vid = m.value"
_OPS = {int(op): op for op in Op}


class Scan(NamedTuple):
    """What is sought. ``since`` is in microseconds."""

    types: tuple[str, ...]
    position: int
    where: Predicate
    since: int | None
    deleted: bool


def start(session: Session, scan: Scan, after: int) -> int:
    """The vid that all versions of the scan come after."""
    return after if scan.since is None else max(after, vids_at(session.db, (scan.since,))[0] - 1)


def found(session: Session, scan: Scan, after: int) -> list[int]:
    """The vids of the next matches."""
    if scan.deleted and scan.where != ALL:
        return []
    with session.snapshot() as latest:
        at = searchable(session, scan.position, latest)
        return vids_in_order(session, matches(session, scan.types, scan.where, at), limit=MATCHES, after=after)


def chunk(session: Session, scan: Scan, after: int) -> tuple[list[Version], int | None]:
    """The next versions of a scan without a predicate, and the vid to go on from (None at the end)."""
    require_unexpunged(session.db, scan.position)
    end = min(after + CHUNK, scan.position)
    where = f"v.vid > ? AND v.vid <= ? AND {_VISIBLE} AND v.op {'=' if scan.deleted else '<'} {int(Op.DELETE)}"
    if scan.types:
        where += f" AND v.type IN {numbers(session.names.find_all(Named.TYPE, scan.types, ''))}"
    sql = f"SELECT {_COLUMNS} FROM version v WHERE {where} ORDER BY v.vid"
    versions, is_whole = _taken(session, session.db.execute(sql, (after, end, scan.position, scan.position)))
    if not is_whole:
        return versions, versions[-1].vid
    return versions, end if end < scan.position else None


def every_version(session: Session, after: int, position: int) -> list[Version]:
    """The next versions of all that were made at or before ``position``; none at the end."""
    end = min(after + CHUNK, session.settle(position))
    sql = f"SELECT {_COLUMNS} FROM version v WHERE v.vid > ? AND v.vid <= ? ORDER BY v.vid"
    return _taken(session, session.db.execute(sql, (after, end)))[0]


def listed(session: Session, vids: Sequence[int]) -> list[Version]:
    """The first versions of these, one at least; ``Gone`` when one was expunged since it was found."""
    versions = _taken(session, session.db.execute(_LISTED, (json.dumps(vids),)))[0]
    if not all(version.has_content for version in versions):
        raise Gone.of(PAGE_EXPIRED)
    return versions


def _taken(session: Session, rows: Iterable[tuple[Any, ...]]) -> tuple[list[Version], bool]:
    """The versions of these rows until their bodies are large enough, and whether these are all."""
    versions: list[Version] = []
    left = CHUNK_BYTES
    new = tuple.__new__  # What a named tuple itself is made by, without its function in between.
    types = _Found(session.names.type)
    unpack = _Found(lambda pack: session.unpacker.decompressor(pack).decompress)
    stamps = _Found(_stamp)
    for number, logical_id, vid, version_id, op, made, updated, pack, cut, size, packed in rows:
        if left <= 0:
            return versions, False
        body = b""
        if size:
            content = unpack[pack](packed)
            body = content[:cut] + stamps[version_id, updated] + content[cut:size]
            left -= size
        key = new(Key, (types[number], logical_id))
        versions.append(new(Version, (key, version_id, vid, vid + made, updated * 1000, _OPS[op], body)))
    return versions, True


def _stamp(of: tuple[int, int]) -> bytes:
    """What goes into a body, of a versionId and a lastUpdated in milliseconds."""
    version_id, updated = of
    return b'"versionId":"%d","lastUpdated":"%b"' % (version_id, instant(updated * 1000))


class _Found(dict[Any, Any]):
    """Remembers what a function gives: rows of one chunk have much in common."""

    def __init__(self, find: Callable[[Any], Any]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, key: Any) -> Any:
        found = self[key] = self._find(key)
        return found
