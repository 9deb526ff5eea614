"""A group: the units that share one commit, decided in memory against committed state plus the group, then written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from conformance.errors import Conflict
from fhir_server.store.judgement import DIGEST_LENGTH, NEVER_WRITTEN, State, refusal
from fhir_server.store.meaning import Subject, holds
from fhir_server.store.messages import SAME_HASH
from fhir_server.store.moving import Restored, require_next, units_of
from fhir_server.store.protocol import (
    Guard,
    Key,
    Op,
    Outcome,
    Record,
    Refusal,
    RefusalReason,
    Unit,
    Write,
    Written,
)
from fhir_server.store.query import Predicate, is_judged_alone
from fhir_server.store.sqlite.records import record
from fhir_server.store.sqlite.rows import Decided, RowWriter
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.walk import first_matches

#: Undecided guards look through this many unwritten versions in Python; with more they are written first.
_PENDING_LIMIT = 64

_CURRENT = """
SELECT v.type, v.id, v.vid, v.version, v.updated, v.made, v.op, v.digest
FROM cur c JOIN version v ON v.vid = c.vid WHERE c.h = ?
"""


class _Current(NamedTuple):
    """What is current under a key: its state, vid (0: never written), and the write when it is not indexed yet."""

    key: Key
    vid: int
    state: State
    pending: Write | None


class Group:
    """Decides units one after the other inside a write transaction that the caller began and ends."""

    def __init__(self, session: Session, rows: RowWriter, now: int) -> None:
        self._session = session
        self._rows = rows
        self._vid: int = session.latest()
        self._written_vid = self._vid
        self._newest: int = session.last_updated()
        self._updated: int = max(now // 1000, self._newest)
        self._current: dict[int, _Current] = {}
        self._decided: list[Decided] = []
        self._records: dict[tuple[str, str], bytes | None] = {}
        self.versions = 0

    def apply(self, unit: Unit) -> Outcome:
        """Decide a unit; its writes become visible to the units after it."""
        stopped = next(self._obstacles(unit), None)
        if stopped is not None:
            return stopped
        hashes = [self._session.words.target(str(write.key)) for write in unit.writes]
        current = [self._lookup(h, write.key) for h, write in zip(hashes, unit.writes, strict=True)]
        changes = [not one.state.unchanged_by(write) for one, write in zip(current, unit.writes, strict=True)]
        position = self._vid + sum(changes)
        self._records.update({(space, name): value for space, name, value in unit.records})
        return tuple(
            self._change(h, write, one, position) if changed else one.state.written(write.key)
            for h, write, one, changed in zip(hashes, unit.writes, current, changes, strict=True)
        )

    def flush(self) -> None:
        """Write what was decided so far; later guards then find it with a query."""
        self._rows.write(self._decided)
        self._rows.write_records(Record(*key, value) for key, value in self._records.items())
        self.versions += len(self._decided)
        self._decided.clear()
        self._records.clear()
        self._written_vid = self._vid
        self._current = {h: one._replace(pending=None) for h, one in self._current.items()}

    def _obstacles(self, unit: Unit) -> Iterator[Refusal]:
        for index, (space, name, value) in enumerate(unit.given):
            if self._record(space, name) != value:
                yield Refusal(RefusalReason.RECORD, None, 0, index)
        for index, guard in enumerate(unit.guards):
            found = self._matches(guard)
            if found != ([guard.expected] if guard.expected else []):
                yield Refusal(RefusalReason.GUARD, found[0] if found else None, 0, index)
        for index, write in enumerate(unit.writes):
            current = self._lookup(self._session.words.target(str(write.key)), write.key)
            refused = refusal(write, index, current.state)
            if refused:
                yield refused

    def _record(self, space: str, name: str) -> bytes | None:
        if (space, name) in self._records:
            return self._records[space, name]
        return record(self._session.db, space, name)

    def _lookup(self, h: int, key: Key) -> _Current:
        found = self._current.get(h)
        if found is None:
            found = self._current[h] = self._stored(h, key)
        if found.key != key:
            raise Conflict.of(SAME_HASH, key=key, other=found.key)
        return found

    def _stored(self, h: int, key: Key) -> _Current:
        row = self._session.db.execute(_CURRENT, (h,)).get
        if row is None:
            return _Current(key, 0, NEVER_WRITTEN, None)
        type_number, logical_id, vid, version_id, updated, made, op, digest = row
        return _Current(
            Key(self._session.names.type(type_number), logical_id),
            vid,
            State(version_id, updated * 1000, vid + made, Op(op), digest),
            None,
        )

    def _change(self, h: int, write: Write, current: _Current, position: int) -> Written:
        state, op = current.state, current.state.op_of(write)
        new = State(state.version_id + 1, self._updated * 1000, position, op, write.digest[:DIGEST_LENGTH])
        self._add(h, write, current, new)
        return Written(write.key, new.version_id, new.last_updated, position, op, changed=True)

    def _add(self, h: int, write: Write, current: _Current, new: State) -> None:
        self._vid += 1
        self._newest = new.last_updated // 1000
        self._updated = max(self._updated, self._newest)
        self._current[h] = _Current(write.key, self._vid, new, write)
        self._decided.append(
            Decided(
                self._vid,
                h,
                write,
                new.version_id,
                new.op,
                new.position,
                self._newest,
                current.vid,
                previous_live=current.state.is_live,
            )
        )

    # Moving

    def restore(self, versions: Sequence[Restored], records: Iterable[Record]) -> None:
        """Take versions with their own stamps; see ``Movable.restore``."""
        self._records.update({(space, name): value for space, name, value in records})
        for unit in units_of(versions):
            position = self._vid + len(unit)
            for one in unit:
                self._take(one, position)

    def _take(self, one: Restored, position: int) -> None:
        version, write = one
        h = self._session.words.target(str(version.key))
        current = self._lookup(h, version.key)
        require_next(one, current.state, self._newest * 1000)
        digest = write.digest[:DIGEST_LENGTH]
        self._add(h, write, current, State(version.version_id, version.last_updated, position, version.op, digest))

    # Guards

    def _matches(self, guard: Guard) -> list[Key]:
        """At most two matches of a guard's query in the present state of the group, in commit order."""
        query = guard.query
        if self._decided and (len(self._decided) > _PENDING_LIMIT or not is_judged_alone(query.where)):
            self.flush()
        pending = {h: one for h, one in self._current.items() if one.pending is not None}
        limit = 2 + len(pending)
        stored = first_matches(self._session, query, self._written_vid, limit)
        found = [key for h, key in stored if h not in pending]
        unwritten = (one for one in pending.values() if self._satisfies(one, query.types, query.where))
        return [*found, *(one.key for one in sorted(unwritten, key=_vid))][:2]

    def _satisfies(self, one: _Current, types: Sequence[str], where: Predicate) -> bool:
        write = one.pending
        if write is None or write.body is None or (types and write.key.type not in types):
            return False
        labels = frozenset(write.labels)
        subject = Subject(write.key.id, one.state.last_updated, write.entries, labels, write.key.type)
        return holds(where, subject)


def _vid(current: _Current) -> int:
    return current.vid
