"""Reads on one session: versions, history, pages of a search."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any, TypeAlias

from conformance.errors import Gone
from fhir_server.store.cursors import cursor_after, place_of
from fhir_server.store.messages import PAGE_EXPIRED
from fhir_server.store.pages import cut
from fhir_server.store.protocol import Cursor, Key, Op, Page, Version
from fhir_server.store.query import ALL, Query
from fhir_server.store.sqlite.bodies import Packed
from fhir_server.store.sqlite.layout import meta, require_unexpunged
from fhir_server.store.sqlite.names import Named
from fhir_server.store.sqlite.plan import numbers
from fhir_server.store.sqlite.points import vids_at
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.sorting import sorted_rows
from fhir_server.store.sqlite.walk import count

_COLUMNS = "v.type, v.id, v.vid, v.version, v.op, v.made, v.updated, v.pack, v.cut, v.size, v.body"
_CURRENT = f"SELECT {_COLUMNS} FROM version v WHERE v.vid = (SELECT c.vid FROM cur c WHERE c.h = ?)"
_PAST = f"SELECT {_COLUMNS} FROM past p JOIN version v ON v.vid = p.vid WHERE p.h = ?"
_AT = f"{_PAST} AND p.vid <= ? ORDER BY p.version DESC"
_NUMBERED = f"{_PAST} AND p.version = ? AND v.op < {int(Op.EXPUNGED)}"
_BY_VIDS = f"SELECT {_COLUMNS} FROM json_each(?) m CROSS JOIN version v ON v.vid = m.value"
_OPS = {int(op): op for op in Op}
_EXPUNGED = int(Op.EXPUNGED)

#: Rows that a walk looks at in one go.
CHUNK = 2_000
#: Bytes of bodies or records from which a chunk takes no more.
CHUNK_BYTES = 8 * 1024 * 1024

#: The values of ``_COLUMNS``.
Row: TypeAlias = tuple[Any, ...]


def version_of(session: Session, row: Row) -> Version:
    """The version in a row of ``_COLUMNS``."""
    type_number, logical_id, vid, version_id, op, made, updated, pack, cut, size, body = row
    moment = updated * 1000
    stamped = session.unpacker.stamped(Packed(pack, cut, size, body), version_id, moment)
    return Version(
        Key(session.names.type(type_number), logical_id), version_id, vid, vid + made, moment, _OPS[op], stamped
    )


def read(session: Session, key: Key, position: int | None = None) -> Version | None:
    """See ``Store.read``."""
    if position is not None:
        require_unexpunged(session.db, position)
    return _read(session, key, position)


def _read(session: Session, key: Key, position: int | None) -> Version | None:
    h = session.words.target(f"{key.type}/{key.id}")
    row = session.db.execute(_CURRENT, (h,)).get
    if row is not None and position is not None and row[2] + row[5] > position:
        rows = session.db.execute(_AT, (h, position))
        row = next((older for older in rows if older[2] + older[5] <= position), None)
    version = version_of(session, row) if row and row[4] != _EXPUNGED else None
    return version if version and version.key == key else None


def read_many(session: Session, keys: Sequence[Key], position: int | None = None) -> list[Version]:
    """See ``Store.read_many``."""
    with session.snapshot():
        if position is not None:
            require_unexpunged(session.db, position)
        found = (_read(session, key, position) for key in dict.fromkeys(keys))
        return [version for version in found if version and not version.is_deleted]


def vread(session: Session, key: Key, version_id: int) -> Version | None:
    """See ``Store.vread``."""
    current = read(session, key)
    if current is None or current.version_id == version_id:
        return current
    row = session.db.execute(_NUMBERED, (session.words.target(str(key)), version_id)).get
    return version_of(session, row) if row else None


# Searching


def search(session: Session, query: Query, limit: int, position: int | None, cursor: Cursor | None) -> Page:
    """See ``Store.search``."""
    backward = cursor is not None and cursor.backward
    place = place_of(cursor, len(query.sort)) if cursor else None
    with session.snapshot() as latest:
        at = searchable(session, cursor.position if cursor else position, latest)
        rows = sorted_rows(session, query, at, place, limit + 1, backward=backward) if limit > 0 else []
        more = len(rows) > limit
        rows = rows[:limit][::-1] if backward else rows[:limit]
        versions = tuple(_by_vid(session, [row.vid for row in rows]))
    if not rows:
        return Page((), at)
    after = cursor_after(at, rows[-1].values, rows[-1].vid) if more or backward else None
    has_before = more if backward else place is not None
    before = cursor_after(at, rows[0].values, rows[0].vid, backward=True) if has_before else None
    return Page(versions, at, after, before)


def count_matches(session: Session, query: Query, position: int | None) -> int:
    """See ``Store.count``."""
    with session.snapshot() as latest:
        return count(session, query, searchable(session, position, latest))


def counts(session: Session) -> dict[str, int]:
    """See ``Store.counts``."""
    with session.snapshot() as latest:
        found = {name: count(session, Query((name,), ALL), latest) for name in session.names.types()}
    return {name: number for name, number in found.items() if number}


def searchable(session: Session, position: int | None, latest: int) -> int:
    """The end of a unit that is searched for this position. Raises Gone when it is past the horizon."""
    if position is None or position >= latest:
        return latest
    expired = meta(session.db, "expired")
    at = session.settle(position)
    if isinstance(expired, int) and at < expired:
        raise Gone.of(PAGE_EXPIRED)
    return at


def _by_vid(session: Session, vids: Sequence[int]) -> list[Version]:
    """Versions in the order of ``vids``."""
    return [version_of(session, row) for row in session.db.execute(_BY_VIDS, (json.dumps(vids),))]


# History


def history(
    session: Session,
    types: tuple[str, ...],
    id: str | None,
    limit: int,
    *,
    since: int | None,
    during: tuple[int, int] | None,
    cursor: Cursor | None,
) -> Page:
    """See ``Store.history``."""
    place = place_of(cursor, 0)[1] if cursor else None
    backward = cursor is not None and cursor.backward
    with session.snapshot() as latest:
        position = session.settle(min(cursor.position, latest)) if cursor else latest
        where, values = _limits(session, position + 1 if place is None or backward else place, since, during)
        limits = (f"{where} AND v.vid > ?", (*values, place)) if place is not None and backward else (where, values)
        of_key = id is not None and len(types) == 1
        look = partial(_key_rows, session, types[0], id) if of_key else partial(_type_rows, session, types, id)
        found = list(islice(look(limits, ascending=backward), limit + 1))
        versions = [version_of(session, row) for row in found[:limit]]
    return cut(versions[::-1] if backward else versions, position, cursor, has_more=len(found) > limit)


#: A condition on ``version v``, and the values that it binds.
_Limits: TypeAlias = tuple[str, tuple[int, ...]]


def _limits(session: Session, before: int, since: int | None, during: tuple[int, int] | None) -> _Limits:
    if during is None:
        least = vids_at(session.db, (since,))[0] if since is not None else 1
        return f"v.vid < ? AND v.vid >= ? AND v.op < {int(Op.EXPUNGED)}", (before, least)
    first, start, after, end = vids_at(session.db, (since or 0, during[0], during[0] + 1, during[1]))
    lasting = "(v.ended IS NULL OR v.ended >= ?) AND (v.op < ? OR (v.op = ? AND v.vid >= ?))"
    values = (min(before, end), first, after, Op.DELETE, Op.DELETE, start)
    return f"v.vid < ? AND v.vid >= ? AND {lasting}", values


def _key_rows(session: Session, type: str, id: str | None, limits: _Limits, *, ascending: bool) -> Iterable[Row]:
    where, values = limits
    bound = (session.words.target(f"{type}/{id}"), id, *values)
    ways = [f"{_CURRENT} AND v.id = ? AND {where}", f"{_PAST} AND v.id = ? AND {where} ORDER BY p.version DESC"]
    if ascending:
        ways = [ways[1].removesuffix(" DESC"), ways[0]]
    return chain.from_iterable(session.db.execute(sql, bound) for sql in ways)


def _type_rows(
    session: Session, types: tuple[str, ...], id: str | None, limits: _Limits, *, ascending: bool
) -> Iterable[Row]:
    where, values = limits
    if types:
        where += f" AND v.type IN {numbers(session.names.find_all(Named.TYPE, types, ''))}"
    if id is not None:
        where += " AND v.id = ?"
    bound = (*values, id) if id is not None else values
    order = "" if ascending else " DESC"
    return session.db.execute(f"SELECT {_COLUMNS} FROM version v WHERE {where} ORDER BY v.vid{order}", bound)
