"""From decided versions to rows: every table of a group is written in one go, the posting lists in ascending rowid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import apsw

from fhir_server.store.entries import Bound, Entry, Kind
from fhir_server.store.judgement import DIGEST_LENGTH
from fhir_server.store.protocol import Op, Record, Write
from fhir_server.store.sqlite.bodies import NOTHING, Packer, SortTexts
from fhir_server.store.sqlite.facts import Facts, FactTable
from fhir_server.store.sqlite.layout import SEPARATOR
from fhir_server.store.sqlite.names import Named, NameTable
from fhir_server.store.sqlite.records import packed_record
from fhir_server.store.sqlite.words import Words

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


_SQL = {
    "version": "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?)",
    "packed": "UPDATE version SET pack = ?, cut = ?, size = ?, body = ? WHERE vid = ?",
    "ending": "UPDATE version SET ended = ? WHERE vid = ?",
    "ended": "INSERT INTO ended VALUES (?, ?)",
    "past": "INSERT INTO past VALUES (?, ?, ?)",
    "cur": "INSERT OR REPLACE INTO cur VALUES (?, ?)",
    "idx": "INSERT INTO idx (rowid, w) VALUES (?, ?)",
    "span": "INSERT OR IGNORE INTO span VALUES (?, ?, ?, ?)",
    "span_of": "INSERT OR IGNORE INTO span_of VALUES (?, ?, ?, ?)",
    "ref_in": "INSERT OR IGNORE INTO ref_in VALUES (?, ?, ?)",
    "ref_out": "INSERT OR IGNORE INTO ref_out VALUES (?, ?, ?)",
    "text": "INSERT OR IGNORE INTO text VALUES (?, ?)",
    "reach": "INSERT INTO reach VALUES (?, ?) ON CONFLICT DO UPDATE SET length = max(length, excluded.length)",
}
#: B-trees that are not filled in order: sorting a group's rows first keeps neighbours on one page.
_SORTED = ("cur", "past", "ref_in", "text")


class RowWriter:
    """Writes decided versions inside an open write transaction."""

    def __init__(self, db: apsw.Connection, names: NameTable, words: Words, packer: Packer) -> None:
        self._db = db
        self._names = names
        self._words = words
        self._packer = packer
        self._facts = FactTable(names, words)
        self._seen: set[tuple[int, str]] = set()
        self._reach: dict[int, int] = {}

    def forget(self) -> None:
        """Drop what was kept: after a rollback."""
        self._seen.clear()
        self._reach.clear()
        self._names.forget()
        self._facts.forget()
        self._packer.reload()

    def _bound_memory(self) -> None:
        if len(self._seen) > _SEEN_TEXTS:
            self._seen.clear()

    def write(self, decided: Iterable[Decided]) -> None:
        """Insert all rows of these versions, which come in ascending vid."""
        rows: Rows = defaultdict(list)
        self._bound_memory()
        for one in decided:
            facts = [self._facts.of(one.write.key.type, entry) for entry in one.write.entries]
            self._version_rows(one, facts, rows)
            if one.write.body is not None:
                self._entry_rows(one, facts, rows)
        self._insert(rows)

    def replace(self, versions: Iterable[Decided]) -> None:
        """Insert the entries of versions that are stored and have none; of ``Decided`` only vid and write count."""
        rows: Rows = defaultdict(list)
        for one in versions:
            facts = [self._facts.of(one.write.key.type, entry) for entry in one.write.entries]
            if one.write.body is not None:
                number = self._names.intern(Named.TYPE, one.write.key.type)
                rows["packed"].append((*self._packer.pack(number, one.write.body, sort_texts(facts)), one.vid))
                self._entry_rows(one, facts, rows)
        self._insert(rows)

    def _insert(self, rows: Rows) -> None:
        for table, sql in _SQL.items():
            found = rows.get(table)
            if found:
                self._db.executemany(sql, sorted(found) if table in _SORTED else found)

    def write_records(self, records: Iterable[Record]) -> None:
        """Put or remove records."""
        for record in records:
            if record.value is None:
                self._db.execute("DELETE FROM record WHERE space = ? AND name = ?", (record.space, record.name))
            else:
                row = (record.space, record.name, packed_record(record.value))
                self._db.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", row)

    def _version_rows(self, one: Decided, facts: Sequence[Facts], rows: Rows) -> None:
        write, vid = one.write, one.vid
        number = self._names.intern(Named.TYPE, write.key.type)
        packed = self._packer.pack(number, write.body, sort_texts(facts)) if write.body else NOTHING
        labels = "\n".join(write.labels) or None
        stamp = (one.version_id, one.op, one.position - vid, one.updated, write.digest[:DIGEST_LENGTH], labels)
        rows["version"].append((vid, one.h, number, write.key.id, *stamp, *packed))
        rows["cur"].append((one.h, vid))
        if one.previous:
            rows["ending"].append((one.position, one.previous))
            rows["past"].append((one.h, one.version_id - 1, one.previous))
        if one.previous_live:
            rows["ended"].append((one.previous, one.position))

    def _entry_rows(self, one: Decided, facts: Sequence[Facts], rows: Rows) -> None:
        vid = one.vid
        words = self._facts.words_of_version(one.write)
        for fact in facts:
            words.update(fact.words)
            if fact.span:
                number, low, high = fact.span
                rows["span"].append((number, low, vid, high))
                rows["span_of"].append((vid, number, low, high))
                length = length_of(low, high)
                if length > self._reach.get(number, -1):
                    self._reach[number] = length
                    rows["reach"].append((number, length))
            elif fact.reference:
                number, h = fact.reference
                rows["ref_in"].append((h, number, vid))
                rows["ref_out"].append((vid, number, h))
            else:
                for text in fact.texts:
                    if text not in self._seen:
                        self._seen.add(text)
                        rows["text"].append(text)
        rows["idx"].append((vid, SEPARATOR.join(words)))
        for param, key in several(one.write.entries):
            self._names.intern(Named.SEVERAL, one.write.key.type, param, key)


#: The length of a range of which none can be told.
ENDLESS = 1 << 62


def length_of(low: Bound, high: Bound) -> int:
    """How far the end of a range lies above its beginning; 0 for a number alone."""
    if isinstance(low, int) and isinstance(high, int):
        return min(high - low, ENDLESS)
    return 0 if isinstance(low, bytes) and high == low + b"\x00" else ENDLESS


def several(entries: Iterable[Entry]) -> set[tuple[str, str]]:
    """(parameter, key) of which there is more than one range among these entries."""
    spans = [entry for entry in entries if entry.kind is Kind.RANGE]
    if len({entry.param for entry in spans}) == len(spans):
        return set()
    counts = Counter((entry.param, key) for entry in spans for key in entry.keys)
    return {named for named, count in counts.items() if count > 1}


def sort_texts(facts: Iterable[Facts]) -> SortTexts:
    """The least and greatest text of each parameter that has texts and no range."""
    ranged = {fact.param for fact in facts if fact.span and fact.is_ordered}
    found: SortTexts = {}
    for fact in facts:
        if fact.order and fact.param not in ranged:
            number, text = fact.order
            least, greatest = found.get(number, (text, text))
            found[number] = min(least, text), max(greatest, text)
    return found
