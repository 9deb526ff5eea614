"""Do the index entries in the file agree with the resources? What a resource should have is derived by the caller.

Every version that has content is read, also one that is only history: that has no entries, but labels and a digest.

Ordered rows are compared one by one. A posting list cannot be read by version, so each version's words are folded into
one number, the whole index is read once, and what it has of each version is folded in too: what is left is no zero
where the two differ. Those few are looked at again, word by word. Memory: eight bytes a version of a lane.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from zstandard import ZstdError

from conformance.errors import FhirError
from conformance.issues import Issue
from fhir_server.store.judgement import DIGEST_LENGTH
from fhir_server.store.protocol import Op, Version, Write
from fhir_server.store.sqlite import check_spans
from fhir_server.store.sqlite.bodies import Packed, SortTexts
from fhir_server.store.sqlite.check_versions import READABLE, WINDOW, Report
from fhir_server.store.sqlite.facts import Facts, FactTable
from fhir_server.store.sqlite.making import sort_texts
from fhir_server.store.sqlite.messages import ALTERED, ENTRIES, STRAYS, UNREADABLE
from fhir_server.store.sqlite.names import Named, NameTable
from fhir_server.store.sqlite.plan import quoted
from fhir_server.store.sqlite.reading import version_of
from fhir_server.store.sqlite.session import Session

#: The write that would store a version's resource; ValueError or FhirError when its bytes are none.
Derive: TypeAlias = Callable[[Version], Write]

#: Versions whose posting lists are compared in one reading of the index: 8 bytes each.
LANE = 4_000_000
#: Versions with other words that are told one by one.
_SUSPECTS = 1_000
_SEEN_TEXTS = 100_000
#: What unpacking and deriving raise for bytes that are no resource.
_NO_RESOURCE = (ValueError, FhirError, ZstdError)

_COLUMNS = "v.type, v.id, v.vid, v.version, v.op, v.made, v.updated, v.pack, v.cut, v.size, v.body, v.digest, v.labels"
#: Its entries are there: it is current, or an old position may still see it.
_IS_INDEXED = "(v.ended IS NULL OR e.vid IS NOT NULL)"
_WITH_CONTENT = f"""
SELECT {_COLUMNS}, {_IS_INDEXED} FROM version v LEFT JOIN ended e ON e.vid = v.vid
WHERE v.vid > ? AND v.vid <= ? AND v.op < {int(Op.DELETE)} AND {READABLE} ORDER BY v.vid
"""
#: What stands in the order of versions must also stand in the order in which it is read.
_HALVES = (
    ("dates and numbers", "span_of", "span", "s.n = o.n AND s.low = o.low AND s.vid = o.vid AND s.high = o.high"),
    ("references", "ref_out", "ref_in", "s.h = o.h AND s.n = o.n AND s.vid = o.vid"),
)


class _KnownNames(NameTable):
    """Names that are only looked up: one that was never given has the number -1, which no row has."""

    def intern(self, kind: Named, type: str, param: str = "", key: str = "") -> int:
        number = self.find(kind, type, param, key)
        return -1 if number is None else number


class _Stored(NamedTuple):
    """A version as it is stored, with the ordered rows of its entries."""

    version: Version
    digest: bytes
    labels: str | None
    is_indexed: bool
    sorted_by: SortTexts
    spans: set[Any]
    references: set[Any]


class EntryCheck:
    """Compares what a session reads with what ``derive`` says."""

    def __init__(self, session: Session, derive: Derive) -> None:
        self._session = session
        self._db = session.db
        self._derive = derive
        self._facts = FactTable(_KnownNames(session.db), session.words)
        self._texts: set[tuple[int, str]] = set()

    def findings(self, report: Report) -> Iterator[Issue]:
        """Every version whose entries are not those of its resource. ``report`` is told of versions."""
        last = self._session.latest()
        for start in range(0, last, LANE):
            end = min(start + LANE, last)
            words = array("q", bytes(8 * (end - start + 1)))
            for after in range(start, end, WINDOW):
                window = (after, min(after + WINDOW, end))
                yield from self._window(window, words, start)
                report(window[1], last)
            yield from self._posting_lists(words, start, end)
        yield from self._strays()
        yield from check_spans.lengths(self._db)

    # Ordered rows

    def _window(self, window: tuple[int, int], words: array[int], start: int) -> Iterator[Issue]:
        found: list[Issue] = []
        with self._session.snapshot():
            for stored in self._stored(window, found):
                found += self._compared(stored, words, start)
            found += self._half(window)
            found += check_spans.repeated(self._db, window)
        yield from found

    def _stored(self, window: tuple[int, int], found: list[Issue]) -> Iterator[_Stored]:
        spans = self._by_vid("SELECT vid, n, low, high FROM span_of WHERE vid > ? AND vid <= ?", window)
        references = self._by_vid("SELECT vid, n, h FROM ref_out WHERE vid > ? AND vid <= ?", window)
        for row in self._db.execute(_WITH_CONTENT, window):
            vid = row[2]
            try:
                version = version_of(self._session, row[:11])
                texts = self._session.unpacker.sort_texts(Packed(*row[7:11]))
            except _NO_RESOURCE as error:
                found.append(Issue(UNREADABLE, self._place_of(vid), {"detail": error}))
                continue
            yield _Stored(
                version, row[11], row[12], bool(row[13]), texts, spans.get(vid, set()), references.get(vid, set())
            )

    def _by_vid(self, sql: str, window: tuple[int, int]) -> dict[int, set[Any]]:
        found: dict[int, set[Any]] = defaultdict(set)
        for vid, *row in self._db.execute(sql, window):
            found[vid].add(tuple(row))
        return found

    def _compared(self, stored: _Stored, words: array[int], start: int) -> Iterator[Issue]:
        place = _place(stored.version)
        try:
            write = self._derive(stored.version)
        except _NO_RESOURCE as error:
            yield Issue(UNREADABLE, place, {"detail": error})
            return
        if write.digest[:DIGEST_LENGTH] != stored.digest:
            yield Issue(ALTERED, place)
        yield from _differing(place, "labels", set(write.labels), set((stored.labels or "").split("\n")) - {""})
        facts: list[Facts] = []
        if stored.is_indexed:
            facts = self._facts_of(write)
            for word in self._words(write, facts):
                words[stored.version.vid - start] ^= hash(word)
            texts = set(sort_texts(facts).items())
            yield from _differing(place, "texts to sort by", texts, set(stored.sorted_by.items()))
        yield from _differing(place, "dates and numbers", {fact.span for fact in facts if fact.span}, stored.spans)
        targets = {fact.reference for fact in facts if fact.reference}
        yield from _differing(place, "references", targets, stored.references)
        yield from _differing(place, "texts", {text for fact in facts for text in fact.texts}, None, self._has_text)

    def _facts_of(self, write: Write) -> list[Facts]:
        self._facts.bound_memory()
        return self._facts.of(write)

    def _words(self, write: Write, facts: Iterable[Facts]) -> set[str]:
        return self._facts.words_of_version(write).union(*(fact.words for fact in facts))

    def _has_text(self, text: Any) -> bool:
        if text not in self._texts:
            if len(self._texts) >= _SEEN_TEXTS:
                self._texts.clear()
            if self._db.execute("SELECT 1 FROM text WHERE n = ? AND value = ?", text).get is None:
                return False
            self._texts.add(text)
        return True

    def _half(self, window: tuple[int, int]) -> Iterator[Issue]:
        for kind, whole, half, same in _HALVES:
            sql = f"""SELECT n.type, v.id, v.version, count(*) FROM {whole} o JOIN version v ON v.vid = o.vid
                      JOIN name n ON n.n = v.type WHERE o.vid > ? AND o.vid <= ?
                      AND NOT EXISTS (SELECT 1 FROM {half} s WHERE {same}) GROUP BY o.vid"""
            for of_type, logical_id, number, count in self._db.execute(sql, window):
                place = f"{of_type}/{logical_id}/_history/{number}"
                yield Issue(ENTRIES, place, {"kind": kind, "missing": count, "extra": 0})

    def _strays(self) -> Iterator[Issue]:
        for _, whole, half, same in _HALVES:
            sql = f"SELECT count(*) FROM {half} s WHERE NOT EXISTS (SELECT 1 FROM {whole} o WHERE {same})"
            count = int(self._db.execute(sql).get)
            if count:
                yield Issue(STRAYS, "", {"table": half, "count": count})

    # Posting lists

    def _posting_lists(self, words: array[int], start: int, end: int) -> Iterator[Issue]:
        self._db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.posting USING fts5vocab(main, idx, instance)")
        for term, vid in self._db.execute("SELECT term, doc FROM temp.posting"):
            if start < vid <= end:
                words[vid - start] ^= hash(term)
        suspects = (start + at for at, rest in enumerate(words) if rest)
        for vid in islice(suspects, _SUSPECTS):
            yield from self._suspect(vid)
        yield from self._unlisted(words, start, end)

    def _unlisted(self, words: array[int], start: int, end: int) -> Iterator[Issue]:
        """Versions with all their words which FTS5 does not know it has: it could not remove them from its lists."""
        sql = f"""SELECT v.vid FROM version v LEFT JOIN ended e ON e.vid = v.vid WHERE v.vid > ? AND v.vid <= ?
                  AND v.op < {int(Op.DELETE)} AND {_IS_INDEXED}
                  AND NOT EXISTS (SELECT 1 FROM idx_docsize d WHERE d.id = v.vid)"""
        rows: list[Any] = self._db.execute(sql, (start, end)).fetchall()
        for (vid,) in rows:
            if not words[vid - start]:
                yield Issue(ENTRIES, self._place_of(vid), {"kind": "words", "missing": 1, "extra": 0})

    def _suspect(self, vid: int) -> Iterator[Issue]:
        """Look again, now in one state of the store: meanwhile the version may have lost its entries by rights."""
        with self._session.snapshot():
            row = self._db.execute(_WITH_CONTENT, (vid - 1, vid)).get
            is_listed = self._db.execute("SELECT 1 FROM idx_docsize WHERE id = ?", (vid,)).get is not None
            if row is None or not row[13]:
                place = self._place_of(vid)
                found = [Issue(ENTRIES, place, {"kind": "words", "missing": 0, "extra": 1})] if is_listed else []
            else:
                found = self._word_by_word(row)
        yield from found

    def _word_by_word(self, row: tuple[Any, ...]) -> list[Issue]:
        try:
            version = version_of(self._session, row[:11])
            write = self._derive(version)
        except _NO_RESOURCE:
            return []  # It was told when the rows were compared.
        sql = "SELECT 1 FROM idx WHERE idx MATCH ? AND rowid = ?"
        words = self._words(write, self._facts_of(write))
        missing = sum(self._db.execute(sql, (quoted(word), version.vid)).get is None for word in words)
        return [Issue(ENTRIES, _place(version), {"kind": "words", "missing": missing, "extra": int(not missing)})]

    def _place_of(self, vid: int) -> str:
        sql = "SELECT n.type || '/' || v.id || '/_history/' || v.version FROM version v JOIN name n ON n.n = v.type"
        return str(self._db.execute(f"{sql} WHERE v.vid = ?", (vid,)).get or vid)


def _place(version: Version) -> str:
    return f"{version.key}/_history/{version.version_id}"


def _differing(
    place: str, kind: str, wanted: set[Any], found: set[Any] | None, has: Callable[[Any], bool] | None = None
) -> Iterator[Issue]:
    missing = sum(not has(one) for one in wanted) if has else len(wanted - (found or set()))
    extra = len(found - wanted) if found is not None else 0
    if missing or extra:
        yield Issue(ENTRIES, place, {"kind": kind, "missing": missing, "extra": extra})
