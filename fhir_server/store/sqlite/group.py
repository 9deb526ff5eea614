"""A group: the units that share one commit, decided in memory against committed state plus the group, then written."""

from __future__ import annotations

import json
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
    hold_obstacle,
)
from fhir_server.store.query import Predicate, is_judged_alone
from fhir_server.store.sqlite.layout import expunged
from fhir_server.store.sqlite.making import Readied
from fhir_server.store.sqlite.records import record
from fhir_server.store.sqlite.rows import Decided, RowWriter
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.walk import first_matches

#: Undecided guards look through this many unwritten versions in Python; with more they are written first.
_PENDING_LIMIT = 64

_CURRENT = """
SELECT c.h, v.type, v.id, v.vid, v.version, v.updated, v.made, v.op, v.digest
FROM json_each(?) k CROSS JOIN cur c ON c.h = k.value CROSS JOIN version v ON v.vid = c.vid
"""


class _Current(NamedTuple):
    """What is current under a key: its state, vid (0: never written), and the write when it is not indexed yet."""

    h: int
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
        self._hashes: dict[Key, int] = {}
        self._current: dict[int, _Current] = {}
        self._decided: list[Decided] = []
        self._records: dict[tuple[str, str], bytes | None] = {}
        self.versions = 0

    def expect(self, units: Iterable[Unit]) -> None:
        """Look up at once what is current under the keys of these units, which will be applied."""
        keys = dict.fromkeys(write.key for unit in units for write in unit.writes)
        self._look_up([key for key in keys if key not in self._hashes])

    def apply(self, unit: Unit) -> Outcome:
        """Decide a unit; its writes become visible to the units after it."""
        current = [self._lookup(write.key) for write in unit.writes]
        stopped = next(self._obstacles(unit, current), None)
        if stopped is not None:
            return stopped
        changes = [not one.state.unchanged_by(write) for one, write in zip(current, unit.writes, strict=True)]
        position = self._vid + sum(changes)
        self._records.update({(space, name): value for space, name, value in unit.records})
        return tuple(
            self._change(write, one, position) if changed else one.state.written(write.key)
            for write, one, changed in zip(unit.writes, current, changes, strict=True)
        )

    def flush(self) -> None:
        """Write what was decided so far; later guards then find it with a query."""
        self._rows.write(self._decided)
        self._rows.write_records(Record(*key, value) for key, value in self._records.items())
        self.versions += len(self._decided)
        self._decided.clear()
        self._records.clear()
        self._written_vid = self._vid
        self._current.update({h: one._replace(pending=None) for h, one in self._current.items() if one.pending})

    def renew(self) -> None:
        """Write what was decided, and forget what was looked up: something else is about to change the store."""
        self.flush()
        self._hashes.clear()
        self._current.clear()

    def _obstacles(self, unit: Unit, current: Sequence[_Current]) -> Iterator[Refusal]:
        for index, (space, name, value) in enumerate(unit.given):
            if self._record(space, name) != value:
                yield Refusal(RefusalReason.RECORD, None, 0, index)
        if late := hold_obstacle(unit, lambda: expunged(self._session.db)):
            yield late
        for index, guard in enumerate(unit.guards):
            found = self._matches(guard)
            if found != ([guard.expected] if guard.expected else []):
                yield Refusal(RefusalReason.GUARD, found[0] if found else None, 0, index)
        for index, write in enumerate(unit.writes):
            if write.expect and (refused := refusal(write, index, current[index].state)):
                yield refused

    def _record(self, space: str, name: str) -> bytes | None:
        if (space, name) in self._records:
            return self._records[space, name]
        return record(self._session.db, space, name)

    def _lookup(self, key: Key) -> _Current:
        h = self._hashes.get(key)
        if h is None:
            self._look_up([key])
            h = self._hashes[key]
        found = self._current[h]
        if found.key != key:
            raise Conflict.of(SAME_HASH, key=key, other=found.key)
        return found

    def _look_up(self, keys: Sequence[Key]) -> None:
        """Fill in the hashes of these keys, and what is current under those that are not known yet."""
        target = self._session.words.target
        hashes = {key: target(f"{key.type}/{key.id}") for key in keys}
        self._hashes.update(hashes)
        new = {h: key for key, h in hashes.items() if h not in self._current}
        self._current.update({h: _Current(h, key, 0, NEVER_WRITTEN, None) for h, key in new.items()})
        for row in self._session.db.execute(_CURRENT, (json.dumps(list(new)),)):
            self._current[row[0]] = self._stored(*row)

    def _stored(  # noqa: PLR0917  the columns of _CURRENT
        self, h: int, type: int, id: str, vid: int, version: int, updated: int, made: int, op: int, digest: bytes
    ) -> _Current:
        state = State(version, updated * 1000, vid + made, Op(op), digest)
        return _Current(h, Key(self._session.names.type(type), id), vid, state, None)

    def _change(self, write: Write, current: _Current, position: int) -> Written:
        state, op = current.state, current.state.op_of(write)
        new = State(state.version_id + 1, self._updated * 1000, position, op, write.digest[:DIGEST_LENGTH])
        self._add(write, current, new)
        return Written(write.key, new.version_id, new.last_updated, position, op, changed=True)

    def _add(self, write: Write, current: _Current, new: State) -> None:
        self._vid += 1
        self._newest = new.last_updated // 1000
        self._updated = max(self._updated, self._newest)
        h = current.h
        self._current[h] = _Current(h, write.key, self._vid, new, write)
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
        self._look_up([key for key in dict.fromkeys(one.version.key for one in versions) if key not in self._hashes])
        for unit in units_of(versions):
            position = self._vid + len(unit)
            for one in unit:
                self._take(one, position)

    def _take(self, one: Restored, position: int) -> None:
        version, write = one
        current = self._lookup(version.key)
        require_next(one, current.state, self._newest * 1000)
        digest = write.digest[:DIGEST_LENGTH]
        self._add(write, current, State(version.version_id, version.last_updated, position, version.op, digest))

    # Guards

    def _matches(self, guard: Guard) -> list[Key]:
        """At most two matches of a guard's query in the present state of the group, in commit order."""
        query = guard.query
        if self._decided and not (self._can_judge() and is_judged_alone(query.where)):
            self.flush()
        pending = {h: one for h, one in self._current.items() if one.pending is not None}
        limit = 2 + len(pending)
        stored = first_matches(self._session, query, self._written_vid, limit)
        found = [key for h, key in stored if h not in pending]
        unwritten = (one for one in pending.values() if self._satisfies(one, query.types, query.where))
        return [*found, *(one.key for one in sorted(unwritten, key=_vid))][:2]

    def _can_judge(self) -> bool:
        """Are the unwritten versions few, and are their entries at hand?"""
        few = len(self._decided) <= _PENDING_LIMIT
        return few and not any(isinstance(one.write, Readied) for one in self._decided)

    def _satisfies(self, one: _Current, types: Sequence[str], where: Predicate) -> bool:
        write = one.pending
        if write is None or write.body is None or (types and write.key.type not in types):
            return False
        labels = frozenset(write.labels)
        subject = Subject(write.key.id, one.state.last_updated, write.entries, labels, write.key.type)
        return holds(where, subject)


def _vid(current: _Current) -> int:
    return current.vid
