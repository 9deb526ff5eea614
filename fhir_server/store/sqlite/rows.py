"""From decided versions to rows: every table of a group is written in one go, the posting lists in ascending rowid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import apsw

from fhir_server.store.entries import Bound
from fhir_server.store.judgement import DIGEST_LENGTH
from fhir_server.store.protocol import Op, Record, Write
from fhir_server.store.sqlite.bodies import Packed
from fhir_server.store.sqlite.facts import Span
from fhir_server.store.sqlite.inserting import insert
from fhir_server.store.sqlite.making import TOGETHER, Made, Maker
from fhir_server.store.sqlite.names import Named, NameTable
from fhir_server.store.sqlite.records import packed_record

_SEEN_TEXTS = 20_000

Rows: TypeAlias = dict[str, list[tuple[object, ...]]]


class Decided(NamedTuple):
    """A version that will be written. ``updated`` is in milliseconds; ``previous`` is the vid it ends, 0 for none."""

    vid: int
    h: int
    write: Write
    version_id: int
    op: Op
    position: int
    updated: int
    previous: int
    previous_live: bool


#: By table, in the order in which they are written: what is inserted, many rows at a time …
_INSERTS = {
    "version": "INSERT INTO version",
    "ended": "INSERT INTO ended",
    "past": "INSERT INTO past",
    "cur": "INSERT OR REPLACE INTO cur",
    "span": "INSERT OR IGNORE INTO span",
    "span_of": "INSERT OR IGNORE INTO span_of",
    "ref_in": "INSERT OR IGNORE INTO ref_in",
    "ref_out": "INSERT OR IGNORE INTO ref_out",
    "text": "INSERT OR IGNORE INTO text",
}
#: … and what else is done, once for each row.
_STATEMENTS = {
    "packed": "UPDATE version SET pack = ?, cut = ?, size = ?, body = ? WHERE vid = ?",
    "ending": "UPDATE version SET ended = ? WHERE vid = ?",
    "idx": "INSERT INTO idx (rowid, w) VALUES (?, ?)",
    "reach": "INSERT INTO reach VALUES (?, ?) ON CONFLICT DO UPDATE SET length = max(length, excluded.length)",
}
#: B-trees that are not filled in order: sorting a group's rows first keeps neighbours on one page.
_SORTED = ("cur", "past", "span", "ref_in", "text")


class RowWriter:
    """Writes decided versions inside an open write transaction."""

    def __init__(self, db: apsw.Connection, maker: Maker, names: NameTable) -> None:
        self._db = db
        self._maker = maker
        self._names = names
        self._seen: set[tuple[int, str]] = set()
        self._reach: dict[int, int] = {}

    def forget(self) -> None:
        """Drop what was kept: after a rollback."""
        self._seen.clear()
        self._reach.clear()
        self._maker.forget()

    def write(self, decided: Sequence[Decided]) -> None:
        """Insert all rows of these versions, which come in ascending vid."""
        rows: Rows = defaultdict(list)
        for one, made, packed in self._made(decided):
            self._version_rows(one, packed, rows)
            if one.write.body is not None:
                self._entry_rows(one.vid, made, rows)
        self._insert(rows)

    def replace(self, versions: Sequence[Decided]) -> None:
        """Insert the entries of versions that are stored and have none; of ``Decided`` only vid and write count."""
        rows: Rows = defaultdict(list)
        for one, made, packed in self._made(versions):
            if one.write.body is not None:
                rows["packed"].append((*packed, one.vid))
                self._entry_rows(one.vid, made, rows)
        self._insert(rows)

    def _made(self, decided: Sequence[Decided]) -> Iterator[tuple[Decided, Made, Packed]]:
        """Each version with what it puts into the tables, some at a time."""
        if len(self._seen) > _SEEN_TEXTS:
            self._seen.clear()
        for start in range(0, len(decided), TOGETHER):
            some = decided[start : start + TOGETHER]
            for one, (made, packed) in zip(some, self._maker.of([one.write for one in some]), strict=True):
                yield one, made, packed

    def _insert(self, rows: Rows) -> None:
        for table, into in _INSERTS.items():
            if found := rows.get(table):
                insert(self._db, into, sorted(found) if table in _SORTED else found)
        for table, sql in _STATEMENTS.items():
            if found := rows.get(table):
                self._db.executemany(sql, found)

    def write_records(self, records: Iterable[Record]) -> None:
        """Put or remove records."""
        for record in records:
            if record.value is None:
                self._db.execute("DELETE FROM record WHERE space = ? AND name = ?", (record.space, record.name))
            else:
                row = (record.space, record.name, packed_record(record.value))
                self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", row)

    def _version_rows(self, one: Decided, packed: Packed, rows: Rows) -> None:
        write, vid = one.write, one.vid
        labels = "\n".join(write.labels) or None
        digest = write.digest[:DIGEST_LENGTH]
        made, updated = one.position - vid, one.updated
        stamp = (
            vid,
            one.h,
            self._names.intern(Named.TYPE, write.key.type),
            write.key.id,
            one.version_id,
            one.op,
            made,
            None,
            updated,
            digest,
            labels,
        )
        rows["version"].append((*stamp, *packed))
        rows["cur"].append((one.h, vid))
        if one.previous:
            rows["ending"].append((one.position, one.previous))
            rows["past"].append((one.h, one.version_id - 1, one.previous))
        if one.previous_live:
            rows["ended"].append((one.previous, one.position))

    def _entry_rows(self, vid: int, made: Made, rows: Rows) -> None:
        rows["idx"].append((vid, made.words))
        if made.references:
            rows["ref_in"] += [(h, number, vid) for number, h in made.references]
            rows["ref_out"] += [(vid, number, h) for number, h in made.references]
        if made.texts and not self._seen.issuperset(made.texts):
            rows["text"] += set(made.texts) - self._seen
            self._seen.update(made.texts)
        if made.spans:
            self._span_rows(vid, made.spans, rows)

    def _span_rows(self, vid: int, spans: Sequence[Span], rows: Rows) -> None:
        rows["span"] += [(number, low, vid, high) for number, low, high in spans]
        rows["span_of"] += [(vid, number, low, high) for number, low, high in spans]
        for number, low, high in spans:
            length = length_of(low, high)
            if length > self._reach.get(number, -1):
                self._reach[number] = length
                rows["reach"].append((number, length))


#: The length of a range of which none can be told.
ENDLESS = 1 << 62


def length_of(low: Bound, high: Bound) -> int:
    """How far the end of a range lies above its beginning; 0 for a number alone."""
    if isinstance(low, int) and isinstance(high, int):
        return min(high - low, ENDLESS)
    return 0 if isinstance(low, bytes) and high == low + b"\x00" else ENDLESS
