"""The plain engine: everything in memory, every query answered by looking at every version. The oracle of the tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice

from conformance.errors import Conflict, Gone
from fhir_server.store.clock import HORIZON, Clock, system_clock
from fhir_server.store.entries import Kind
from fhir_server.store.expunging import Kept, Wanted, going, greatest_end
from fhir_server.store.judgement import DIGEST_LENGTH, NEVER_WRITTEN, State, refusal, require_distinct_keys
from fhir_server.store.meaning import Subject, holds
from fhir_server.store.messages import PAGE_EXPIRED
from fhir_server.store.moving import Restored, require_next, units_of
from fhir_server.store.ordering import SortValue, rank, sort_span
from fhir_server.store.pages import history_page, page_of
from fhir_server.store.protocol import (
    HOLDS,
    Cursor,
    Guard,
    Key,
    Moment,
    Op,
    Outcome,
    Page,
    Promise,
    Record,
    Refusal,
    RefusalReason,
    Unit,
    Version,
    Write,
    Written,
    hold_obstacle,
)
from fhir_server.store.query import (
    ALL,
    ID,
    LAST_UPDATED,
    And,
    Chain,
    Not,
    Or,
    Predicate,
    Query,
    ReverseChain,
    Sort,
)
from fhir_server.store.reindexing import Reindexed

_CHUNK, _CHUNK_BYTES = 1000, 8 * 1024 * 1024


@dataclass(slots=True)
class _Stored:
    version: Version
    subject: Subject
    digest: bytes
    ended: int | None = None

    def visible(self, position: int) -> bool:
        return self.version.position <= position and (self.ended is None or self.ended > position)

    @property
    def is_expunged(self) -> bool:
        return self.version.op is Op.EXPUNGED


class ReferenceStore:
    """An engine for tests and trials: nothing is kept when the process ends."""

    name = "memory"
    promises = frozenset({Promise.ATOMIC, Promise.SNAPSHOT})

    def __init__(self, *, clock: Clock = system_clock, horizon: int = HORIZON) -> None:
        self._clock = clock
        self._horizon = horizon
        self._expired = 0
        self._expunged = 0
        self._position = 0
        self._floor = 0
        self._stored: list[_Stored] = []
        self._by_key: dict[Key, list[_Stored]] = {}
        self._records: dict[tuple[str, str], bytes] = {}

    async def close(self) -> None:
        """Nothing to release."""

    async def tidy(self) -> None:
        """Let positions older than the horizon expire."""
        limit = self._clock() - self._horizon
        old = (stored.version.position for stored in self._stored if stored.version.last_updated <= limit)
        held = (int(value) for (space, _), value in self._records.items() if space == HOLDS)
        self._expired = max(self._expired, min((max(old, default=0), *held)))

    async def position(self) -> int:
        """The position of the last commit."""
        return self._position

    async def settle(self) -> Moment:
        """See ``Store.settle``."""
        at = self._now()
        self._floor = max(self._floor, at + 1000)
        return Moment(self._position, at)

    def _now(self) -> int:
        return max(self._clock() // 1000 * 1000, self._newest())

    def _newest(self) -> int:
        return max(self._stored[-1].version.last_updated if self._stored else 0, self._floor)

    # Reading

    async def read(self, key: Key, position: int | None = None) -> Version | None:
        """See ``Store.read``."""
        stored = self._visible_of(key, self._unexpunged(position))
        return stored.version if stored and not stored.is_expunged else None

    async def read_many(self, keys: Sequence[Key], position: int | None = None) -> list[Version]:
        """See ``Store.read_many``."""
        found = (self._visible_of(key, self._unexpunged(position)) for key in dict.fromkeys(keys))
        return [stored.version for stored in found if stored and stored.version.has_content]

    async def vread(self, key: Key, version_id: int) -> Version | None:
        """See ``Store.vread``."""
        versions = (stored for stored in self._by_key.get(key, []) if not stored.is_expunged)
        return next((stored.version for stored in versions if stored.version.version_id == version_id), None)

    async def history(
        self,
        types: tuple[str, ...],
        id: str | None,
        *,
        limit: int,
        since: int | None = None,
        during: tuple[int, int] | None = None,
        cursor: Cursor | None = None,
    ) -> Page:
        """See ``Store.history``."""
        position = cursor.position if cursor else self._position
        rows = [
            stored.version
            for stored in reversed(self._stored)
            if stored.version.position <= position
            and not stored.is_expunged
            and (not types or stored.version.key.type in types)
            and (id is None or stored.version.key.id == id)
            and (since is None or stored.version.last_updated >= since)
            and (during is None or self._is_current_in(stored.version, *during))
        ]
        return history_page(rows, limit, position, cursor)

    def _is_current_in(self, version: Version, start: int, end: int) -> bool:
        """True when a version was current in a period, or is a deletion that was made in it."""
        if version.last_updated >= end or (version.is_deleted and version.last_updated < start):
            return False
        later = self._by_key[version.key][version.version_id :]
        return not later or later[0].version.last_updated > start

    async def search(
        self, query: Query, *, limit: int, position: int | None = None, cursor: Cursor | None = None
    ) -> Page:
        """See ``Store.search``."""
        at = self._searchable(cursor.position if cursor else position)
        return page_of([stored.version for stored in self._sorted(query, at)], limit, at, cursor)

    async def count(self, query: Query, position: int | None = None) -> int:
        """See ``Store.count``."""
        return len(self._matches(query.types, query.where, self._searchable(position)))

    async def scan(
        self,
        types: tuple[str, ...],
        position: int,
        *,
        where: Predicate = ALL,
        after: int = 0,
        since: int | None = None,
        deleted: bool = False,
    ) -> AsyncIterator[list[Version]]:
        """See ``Store.scan``."""
        at = self._unexpunged(position) if where == ALL else self._searchable(position)
        rows = [
            stored.version
            for stored in (self._deleted(types, at) if deleted else self._live(types, at))
            if stored.version.vid > after
            and (since is None or stored.version.last_updated >= since)
            and self._holds(where, stored, at)
        ]
        while rows:
            sizes = accumulate(len(version.body) for version in rows[:_CHUNK])
            count = 1 + sum(size < _CHUNK_BYTES for size in islice(sizes, _CHUNK - 1))
            yield rows[:count]
            rows = rows[count:]

    async def counts(self) -> dict[str, int]:
        """See ``Store.counts``."""
        return dict(Counter(stored.version.key.type for stored in self._live((), self._position)))

    async def record(self, space: str, name: str) -> bytes | None:
        """See ``Store.record``."""
        return self._records.get((space, name))

    async def records(self, space: str) -> AsyncIterator[tuple[str, bytes]]:
        """See ``Store.records``."""
        for (of, name), value in sorted(self._records.items()):
            if of == space:
                yield name, value

    # Writing

    async def readied(self, writes: Sequence[Write]) -> list[Write]:
        """See ``Store.readied``. Nothing is done."""
        return list(writes)

    async def transact(self, units: Sequence[Unit]) -> list[Outcome]:
        """See ``Store.transact``."""
        require_distinct_keys(units)
        now = self._now()
        before = len(self._stored)
        outcomes = [self._apply(unit, self._position + 1, now) for unit in units]
        self._position += len(self._stored) > before
        return outcomes

    def _apply(self, unit: Unit, position: int, now: int) -> Outcome:
        stopped = self._stopped(unit, position)
        if stopped is not None:
            return stopped
        self._put(unit.records)
        return tuple(self._write(write, position, now) for write in unit.writes)

    def _put(self, records: Iterable[Record]) -> None:
        for record in records:
            self._records.pop((record.space, record.name), None)
            if record.value is not None:
                self._records[record.space, record.name] = record.value

    def _stopped(self, unit: Unit, position: int) -> Refusal | None:
        for index, (space, name, value) in enumerate(unit.given):
            if self._records.get((space, name)) != value:
                return Refusal(RefusalReason.RECORD, None, 0, index)
        if (late := hold_obstacle(unit, lambda: self._expunged)) is not None:
            return late
        for index, guard in enumerate(unit.guards):
            keys = [stored.version.key for stored in self._matches(guard.query.types, guard.query.where, position)]
            if not guard_holds(guard, keys):
                return Refusal(RefusalReason.GUARD, keys[0] if keys else None, 0, index)
        checks = (refusal(write, index, self._state(write.key)) for index, write in enumerate(unit.writes))
        return next((found for found in checks if found), None)

    def _state(self, key: Key) -> State:
        versions = self._by_key.get(key)
        if not versions:
            return NEVER_WRITTEN
        version = versions[-1].version
        return State(version.version_id, version.last_updated, version.position, version.op, versions[-1].digest)

    def _write(self, write: Write, position: int, now: int) -> Written:
        state = self._state(write.key)
        if state.unchanged_by(write):
            return state.written(write.key)
        op = state.op_of(write)
        body = write.body.stamped(state.version_id + 1, now) if write.body else b""
        version = Version(write.key, state.version_id + 1, len(self._stored) + 1, position, now, op, body)
        subject = Subject(write.key.id, now, write.entries, frozenset(write.labels), write.key.type)
        self._keep(version, subject, write.digest[:DIGEST_LENGTH])
        return Written(write.key, version.version_id, now, position, op, changed=True)

    def _keep(self, version: Version, subject: Subject, digest: bytes) -> None:
        versions = self._by_key.setdefault(version.key, [])
        if versions:
            versions[-1].ended = version.position
        versions.append(_Stored(version, subject, digest))
        self._stored.append(versions[-1])

    # Indexing anew

    async def reindex(self, versions: Sequence[Reindexed], given: Sequence[Record] = ()) -> int | None:
        """See ``Reindexable.reindex``."""
        if any(self._records.get((space, name)) != value for space, name, value in given):
            return None
        pairs = [(self._stored[one.version.vid - 1], one.write) for one in versions]
        current = [(kept, write) for kept, write in pairs if kept.ended is None and kept.version.has_content]
        for kept, write in current:
            key, moment = kept.version.key, kept.version.last_updated
            kept.subject = Subject(key.id, moment, write.entries, frozenset(write.labels), key.type)
        return len(current)

    # Expunging

    async def expungeable(self, wanted: Wanted) -> AsyncIterator[list[Version]]:
        """See ``Expungeable.expungeable``."""
        for key in sorted(self._by_key):
            kept = [stored.version._replace(body=b"") for stored in self._left(key)]
            is_meant = (not wanted.types or key.type in wanted.types) and wanted.id in ("", key.id)
            found = wanted.chosen(kept) if is_meant and kept else []
            if found:
                yield found

    def _left(self, key: Key) -> list[_Stored]:
        return [stored for stored in self._by_key[key] if not stored.is_expunged]

    async def expunge(self, versions: Sequence[Version], wanted: Wanted) -> int:
        """See ``Expungeable.expunge``."""
        asked = {version.vid for version in versions}
        held = [int(value) for (space, _), value in self._records.items() if space == HOLDS]
        gone: list[Kept] = []
        for key in dict.fromkeys(version.key for version in versions):
            kept = [Kept(stored.version, stored.ended) for stored in self._left(key)]
            gone += going(kept, asked, wanted, held)
        for version, _ in gone:
            self._empty(self._stored[version.vid - 1])
        mark = greatest_end(gone)
        self._expired, self._expunged = max(self._expired, mark), max(self._expunged, mark)
        return len(gone)

    @staticmethod
    def _empty(one: _Stored) -> None:
        one.version = one.version._replace(op=Op.EXPUNGED, body=b"")
        one.subject = replace(one.subject, entries=(), labels=frozenset())
        one.digest = b""

    # Moving

    async def versions(self, after: int, position: int) -> AsyncIterator[list[Version]]:
        """See ``Movable.versions``."""
        rows = [one.version for one in self._stored[after:] if one.version.position <= position]
        for start in range(0, len(rows), _CHUNK):
            yield rows[start : start + _CHUNK]

    async def spaces(self) -> list[str]:
        """See ``Movable.spaces``."""
        return sorted({space for space, _ in self._records})

    async def restore(self, versions: Sequence[Restored], records: Sequence[Record] = ()) -> None:
        """See ``Movable.restore``."""
        before = len(self._stored)
        try:
            for unit in units_of(versions):
                self._take(unit)
        except Conflict:
            self._undo(before)
            raise
        self._put(records)

    def _take(self, unit: Sequence[Restored]) -> None:
        self._position += 1
        for one in unit:
            version, write = one
            key = version.key
            require_next(one, self._state(key), self._newest())
            body = write.body.stamped(version.version_id, version.last_updated) if write.body else b""
            kept = version._replace(vid=len(self._stored) + 1, position=self._position, body=body)
            subject = Subject(key.id, version.last_updated, write.entries, frozenset(write.labels), key.type)
            self._keep(kept, subject, write.digest[:DIGEST_LENGTH])

    def _undo(self, length: int) -> None:
        for one in reversed(self._stored[length:]):
            versions = self._by_key[one.version.key]
            versions.pop()
            if versions:
                versions[-1].ended = None
            else:
                del self._by_key[one.version.key]
        del self._stored[length:]
        self._position = self._stored[-1].version.position if self._stored else 0

    # Matching

    def _at(self, position: int | None) -> int:
        return self._position if position is None else min(position, self._position)

    def _unexpunged(self, position: int | None) -> int:
        if position is not None and position < self._expunged:
            raise Gone.of(PAGE_EXPIRED)
        return self._at(position)

    def _searchable(self, position: int | None) -> int:
        at = self._at(position)
        if at < self._expired:
            raise Gone.of(PAGE_EXPIRED)
        return at

    def _visible_of(self, key: Key, position: int) -> _Stored | None:
        return next((stored for stored in self._by_key.get(key, []) if stored.visible(position)), None)

    def _live(self, types: Iterable[str], position: int) -> Iterator[_Stored]:
        wanted = set(types)
        for stored in self._stored:
            is_live = stored.visible(position) and stored.version.has_content
            if is_live and (not wanted or stored.version.key.type in wanted):
                yield stored

    def _deleted(self, types: Iterable[str], position: int) -> Iterator[_Stored]:
        wanted = set(types)
        for stored in self._stored:
            is_deleted = stored.visible(position) and stored.version.is_deleted
            if is_deleted and (not wanted or stored.version.key.type in wanted):
                yield stored

    def _matches(self, types: tuple[str, ...], where: Predicate, position: int) -> list[_Stored]:
        return [stored for stored in self._live(types, position) if self._holds(where, stored, position)]

    def _holds(self, predicate: Predicate, stored: _Stored, position: int) -> bool:
        match predicate:
            case And(parts):
                return all(self._holds(part, stored, position) for part in parts)
            case Or(parts):
                return any(self._holds(part, stored, position) for part in parts)
            case Not(part):
                return not self._holds(part, stored, position)
            case Chain(param, types, target):
                found = self._matches(types, target, position)
                return not _targets(stored, param).isdisjoint(str(other.version.key) for other in found)
            case ReverseChain(type, param, source):
                sources = self._matches((type,), source, position)
                return any(str(stored.version.key) in _targets(other, param) for other in sources)
            case _:
                return holds(predicate, stored.subject)

    def _sorted(self, query: Query, position: int) -> list[_Stored]:
        directions = [sort.descending for sort in query.sort]

        def place(stored: _Stored) -> tuple[object, ...]:
            return rank((_sort_value(stored, sort) for sort in query.sort), directions, stored.version.vid)

        return sorted(self._matches(query.types, query.where, position), key=place)


def guard_holds(guard: Guard, keys: Sequence[Key]) -> bool:
    """Are the matches exactly what the guard expects?"""
    return list(keys) == ([guard.expected] if guard.expected else [])


def _targets(stored: _Stored, param: str) -> set[object]:
    entries = stored.subject.entries
    return {entry.value for entry in entries if entry.param == param and entry.kind is Kind.REFERENCE}


def _sort_value(stored: _Stored, sort: Sort) -> SortValue:
    if sort.param == LAST_UPDATED:
        return stored.version.last_updated
    if sort.param == ID:
        return stored.version.key.id
    span = sort_span(entry for entry in stored.subject.entries if entry.param == sort.param and "" in entry.keys)
    return span[sort.descending]
