"""Expunging in the file: rows of versions lose their content, and their entries go. See ``store.expunging``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import apsw

from fhir_server.store.expunging import Kept, Wanted, going, greatest_end
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
SELECT v.type, v.id, v.version, v.vid, v.made, v.updated, v.op, v.ended FROM version v
WHERE v.vid IN (SELECT vid FROM past WHERE h = :h UNION ALL SELECT vid FROM cur WHERE h = :h) AND v.{_LEFT}
ORDER BY v.version
"""
#: Its entries are still there.
_LISTED = """
SELECT (v.ended IS NULL AND v.size > 0) OR e.vid IS NOT NULL
FROM version v LEFT JOIN ended e ON e.vid = v.vid WHERE v.vid = ?
"""
_EMPTIED = """
UPDATE version SET op = ?, digest = x'', labels = NULL, pack = 0, cut = 0, size = 0, body = x'' WHERE vid = ?
"""
_MARK = "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"
_FIRST_HASH, _LAST_HASH = -(1 << 63), (1 << 63) - 1


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
    kept = _kept(session, h)
    return wanted.chosen([one.version for one in kept]) if kept else []


def _kept(session: Session, h: int) -> list[Kept]:
    """What is left of a key, by versionId."""
    return [_of_row(session, row) for row in session.db.execute(_OF_KEY, {"h": h})]


def _of_row(session: Session, row: tuple[Any, ...]) -> Kept:
    type_number, logical_id, version_id, vid, made, updated, op, ended = row
    key = Key(session.names.type(type_number), logical_id)
    return Kept(Version(key, version_id, vid, vid + made, updated * 1000, Op(op), b""), ended)


def remove(session: Session, versions: Sequence[Version], wanted: Wanted) -> int:
    """A job: see ``Expungeable.expunge``."""
    asked = {version.vid for version in versions}
    positions = held(session.db)
    gone: list[Kept] = []
    for key in dict.fromkeys(version.key for version in versions):
        gone += going(_kept(session, session.words.target(str(key))), asked, wanted, positions)
    with _overwriting(session.db):
        for version, _ in gone:
            _empty(session, version.vid)
    for name in ("expired", "expunged"):
        session.db.execute(_MARK, (name, greatest_end(gone)))
    return len(gone)


def _empty(session: Session, vid: int) -> None:
    if session.db.execute(_LISTED, (vid,)).get:
        drop_entries(session, [(vid,)])
    session.db.execute("DELETE FROM ended WHERE vid = ?", (vid,))
    session.db.execute(_EMPTIED, (Op.EXPUNGED, vid))


@contextmanager
def _overwriting(db: apsw.Connection) -> Iterator[None]:
    """Also pages that come free inside are overwritten with zeros; else only what is deleted from a page is."""
    db.pragma("secure_delete", "on")
    try:
        yield
    finally:
        db.pragma("secure_delete", "fast")
