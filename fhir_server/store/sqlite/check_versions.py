"""Is the file whole, and do its tables of versions agree? Read-only; in windows, so that no reader or writer waits.

Every finding is an issue whose expression names the version, ``Patient/1/_history/2``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import apsw

from conformance.issues import Issue
from fhir_server.store.protocol import Op
from fhir_server.store.sqlite.messages import BAD_STAMP, DAMAGED, GAP, NO_VERSION, NOT_CURRENT, STRAYS
from fhir_server.store.sqlite.words import Words

#: Called with what is done so far, and the total when it is known.
Report: TypeAlias = Callable[[int, int | None], None]

#: Versions that are looked at in one read transaction.
WINDOW = 5_000
#: The most lines that SQLite's own check gives.
_LINES = 50

#: What a row of ``version v`` must be to be read at all, whatever else is wrong with it.
READABLE = " AND ".join(
    [f"typeof(v.{name}) = 'integer'" for name in ("h", "version", "op", "made", "updated", "pack", "cut", "size")]
    + ["typeof(v.id) = 'text'", "typeof(v.body) = 'blob'"]
)
_ROWS = f"""
SELECT v.vid, v.h, n.type, v.id, v.version, v.op, v.made, v.ended, v.updated,
       c.vid, p.vid, w.vid, w.ended, w.op, e.at, v.size, length(v.body), n.type IS NOT NULL AND {READABLE}
FROM version v
LEFT JOIN name n ON n.n = v.type
LEFT JOIN cur c ON c.h = v.h
LEFT JOIN past p ON p.h = v.h AND p.version = v.version
LEFT JOIN past q ON q.h = v.h AND q.version = v.version - 1
LEFT JOIN version w ON w.vid = q.vid
LEFT JOIN ended e ON e.vid = v.vid
WHERE v.vid > ? AND v.vid <= ? ORDER BY v.vid
"""


class _Row(NamedTuple):
    """A version with what the other tables say about it. ``updated`` is in milliseconds."""

    vid: int
    h: int
    type: str
    id: str
    version: int
    op: int
    made: int
    ended: int | None
    updated: int
    current: int | None
    past: int | None
    before: int | None
    before_ended: int | None
    before_op: int | None
    ended_at: int | None
    size: int
    stored: int
    is_readable: int

    @property
    def place(self) -> str:
        return f"{self.type}/{self.id}/_history/{self.version}"


def pages(db: apsw.Connection) -> Iterator[Issue]:
    """What SQLite itself finds wrong with pages, B-trees and posting lists."""
    try:
        for (line,) in db.execute(f"PRAGMA integrity_check({_LINES})"):
            if line != "ok":
                yield Issue(DAMAGED, "", {"detail": " ".join(str(line).split())})
    except apsw.Error as error:
        yield Issue(DAMAGED, "", {"detail": str(error)})


def versions(db: apsw.Connection, words: Words, report: Report) -> Iterator[Issue]:
    """Versions without gaps or repeats, each current or past as it says, stamps that never go back."""
    last = int(db.execute("SELECT coalesce(max(vid), 0) FROM version").get)
    before: _Row | None = None
    for after in range(0, last, WINDOW):
        rows = [_Row(*row) for row in db.execute(_ROWS, (after, min(after + WINDOW, last)))]
        for row in rows:
            yield from _sequence(before, row)
            yield from _contradictions(row, words)
            before = row
        report(min(after + WINDOW, last), last)
    if before and before.is_readable and before.made:
        yield Issue(BAD_STAMP, before.place)  # Its unit goes on, but there is no more.
    yield from _strays(db)


def _sequence(before: _Row | None, row: _Row) -> Iterator[Issue]:
    expected = before.vid + 1 if before else 1
    if row.vid != expected:
        yield Issue(NO_VERSION, row.place, {"first": expected, "last": row.vid - 1})
    elif before and before.is_readable and row.is_readable and _is_out_of_order(before, row):
        yield Issue(BAD_STAMP, row.place)


def _is_out_of_order(before: _Row, row: _Row) -> bool:
    return row.updated < before.updated or (before.made > 0 and before.made != row.made + 1)


def _contradictions(row: _Row, words: Words) -> Iterator[Issue]:
    if row.is_readable:
        yield from (Issue(message, row.place) for message, wrong in _RULES if wrong(row, words))
    else:
        yield Issue(BAD_STAMP, row.place)


#: What may follow what: the operation before (0: none) -> operations.
_FOLLOWING = {
    0: (Op.CREATE, Op.EXPUNGED),
    Op.CREATE: (Op.UPDATE, Op.DELETE, Op.EXPUNGED),
    Op.UPDATE: (Op.UPDATE, Op.DELETE, Op.EXPUNGED),
    Op.DELETE: (Op.CREATE, Op.EXPUNGED),
    Op.EXPUNGED: tuple(Op),  # What it was is not known any more.
}


def _is_impossible(row: _Row, words: Words) -> bool:
    """An operation that cannot be there, also by the content: a deletion has none, nor has what was expunged."""
    follows = row.version == 1 or row.before_op is not None  # What follows a gap is told as one.
    return (
        row.made < 0
        or row.h != words.target(f"{row.type}/{row.id}")
        or (follows and row.op not in _FOLLOWING.get(row.before_op or 0, ()))
        or len({row.op < Op.DELETE, row.size > 0, row.stored > 0}) > 1
    )


def _has_gap(row: _Row, _: Words) -> bool:
    if row.version == 1:
        return row.before is not None
    return row.before is None or row.before >= row.vid or row.before_ended != row.vid + row.made


def _is_misplaced(row: _Row, _: Words) -> bool:
    if row.ended is None:
        return row.current != row.vid or row.past is not None or row.ended_at is not None
    return row.past != row.vid or row.current == row.vid or row.ended_at not in (None, row.ended)


_RULES = ((GAP, _has_gap), (NOT_CURRENT, _is_misplaced), (BAD_STAMP, _is_impossible))

#: Rows that point at no version: table -> column of the vid.
_POINTERS = {"cur": "vid", "past": "vid", "ended": "vid", "span_of": "vid", "ref_out": "vid", "idx_docsize": "id"}


def _strays(db: apsw.Connection) -> Iterator[Issue]:
    for table, vid in _POINTERS.items():
        sql = f"SELECT count(*) FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM version v WHERE v.vid = t.{vid})"
        count = int(db.execute(sql).get)
        if count:
            yield Issue(STRAYS, "", {"table": table, "count": count})
