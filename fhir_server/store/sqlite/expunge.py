"""Expunging in the file: rows of versions lose their content, and their entries go. See ``store.expunging``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import apsw

from fhir_server.store.expunging import Wanted, in_order, may_go
from fhir_server.store.protocol import Key, Op, Version
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.plan import numbers
from fhir_server.store.sqlite.records import held
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.upkeep import drop_entries

#: Keys whose versions are listed in one go.
KEYS = 500
_LEFT = f"op < {int(Op.EXPUNGED)}"

#: Hashes of keys, in their order, that have replaced versions, that have any, and that are deleted.
_REPLACED = f"SELECT DISTINCT p.h FROM past p JOIN version v ON v.vid = p.vid WHERE p.h >= ? AND v.{_LEFT}"
_CURRENT = f"SELECT c.h FROM cur c JOIN version v ON v.vid = c.vid WHERE c.h >= ? AND v.{_LEFT}"
_DELETED = f"SELECT c.h FROM cur c JOIN version v ON v.vid = c.vid WHERE c.h >= ? AND v.op = {int(Op.DELETE)}"
#: Deleted, and nothing is left but that.
_BARE = f"""{_DELETED} AND NOT EXISTS
(SELECT 1 FROM past p JOIN version o ON o.vid = p.vid WHERE p.h = c.h AND o.{_LEFT})"""
_OF_KEY = f"""
SELECT v.type, v.id, v.version, v.vid, v.made, v.updated, v.op FROM version v
WHERE v.vid IN (SELECT vid FROM past WHERE h = :h UNION ALL SELECT vid FROM cur WHERE h = :h) AND v.{_LEFT}
ORDER BY v.version
"""
_OTHERS = f"SELECT count(*) FROM past p JOIN version v ON v.vid = p.vid WHERE p.h = ? AND v.{_LEFT}"
_EMPTIED = """
UPDATE version SET op = ?, digest = x'', labels = NULL, pack = 0, cut = 0, size = 0, body = x'' WHERE vid = ?
"""
_MARK = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"
_FIRST_HASH, _LAST_HASH = -(1 << 63), (1 << 63) - 1


class _Row(NamedTuple):
    """What decides whether a version may go. ``listed``: its entries are still there."""

    h: int
    op: int
    ended: int | None
    listed: bool


def walks(wanted: Wanted) -> tuple[str, ...]:
    """The statements that find keys with versions to go, each key by one of them."""
    if wanted.live or not wanted.previous:
        return (_CURRENT if wanted.live else _DELETED,)
    return (_REPLACED, _BARE) if wanted.deleted else (_REPLACED,)


def keys(session: Session, wanted: Wanted, walk: str, after: int | None) -> list[int]:
    """The next hashes that a statement finds; none at the end."""
    if wanted.id:
        named = (session.words.target(f"{of_type}/{wanted.id}") for of_type in wanted.types)
        return list(named) if after is None and walk == walks(wanted)[0] else []
    if after == _LAST_HASH:
        return []
    if wanted.types:
        walk += f" AND v.type IN {numbers(session.names.find_all(Named.TYPE, wanted.types, ''))}"
    start = _FIRST_HASH if after is None else after + 1
    return [row[0] for row in session.db.execute(f"{walk} ORDER BY 1 LIMIT {KEYS}", (start,))]


def listed(session: Session, wanted: Wanted, hashes: Sequence[int]) -> list[Version]:
    """The versions of these keys that are to go."""
    with session.snapshot():
        return [version for h in hashes for version in _chosen(session, wanted, h)]


def _chosen(session: Session, wanted: Wanted, h: int) -> list[Version]:
    versions = [_version(session, row) for row in session.db.execute(_OF_KEY, {"h": h})]
    return wanted.chosen(versions) if versions else []


def _version(session: Session, row: tuple[Any, ...]) -> Version:
    type_number, logical_id, version_id, vid, made, updated, op = row
    key = Key(session.names.type(type_number), logical_id)
    return Version(key, version_id, vid, vid + made, updated * 1000, Op(op), b"")


def remove(session: Session, versions: Sequence[Version], *, live: bool) -> int:
    """A job: see ``Expungeable.expunge``."""
    db = session.db
    positions = held(db)
    gone, mark = 0, 0
    with _overwriting(db):
        for version in in_order(versions):
            row = _row(db, version.vid)
            if row is None or not _may_go(db, row, positions, live=live):
                continue
            if row.listed:
                drop_entries(session, [(version.vid,)])
            db.execute("DELETE FROM ended WHERE vid = ?", (version.vid,))
            db.execute(_EMPTIED, (Op.EXPUNGED, version.vid))
            gone, mark = gone + 1, max(mark, row.ended or 0)
    for name in ("expired", "expunged"):
        db.execute(_MARK, (name, mark))
    return gone


def _row(db: apsw.Connection, vid: int) -> _Row | None:
    sql = """SELECT v.h, v.op, v.ended, (v.ended IS NULL AND v.size > 0) OR e.vid IS NOT NULL
             FROM version v LEFT JOIN ended e ON e.vid = v.vid WHERE v.vid = ?"""
    found = db.execute(sql, (vid,)).get
    return _Row(found[0], found[1], found[2], bool(found[3])) if found else None


def _may_go(db: apsw.Connection, row: _Row, positions: Sequence[int], *, live: bool) -> bool:
    others = int(db.execute(_OTHERS, (row.h,)).get) if row.ended is None else 0
    return may_go(op=Op(row.op), ended=row.ended, others=others, held=positions, live=live)


@contextmanager
def _overwriting(db: apsw.Connection) -> Iterator[None]:
    """What is deleted inside is overwritten with zeros."""
    before = db.pragma("secure_delete")
    db.pragma("secure_delete", 1)
    try:
        yield
    finally:
        db.pragma("secure_delete", before)
