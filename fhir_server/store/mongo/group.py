"""A group: the units that share one transaction, decided in memory against its snapshot, then written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from pymongo import UpdateOne

from fhir_server.store.judgement import DIGEST_LENGTH, NEVER_WRITTEN, State, refusal
from fhir_server.store.meaning import Subject, holds
from fhir_server.store.mongo import criteria, records
from fhir_server.store.mongo.documents import document_of, ending, id_of, place, superseded
from fhir_server.store.mongo.filters import CURRENT
from fhir_server.store.mongo.layout import Collection, Collections
from fhir_server.store.mongo.looks import Looks
from fhir_server.store.mongo.moments import OPEN, moment_of
from fhir_server.store.mongo.queries import Scope
from fhir_server.store.mongo.words import Document
from fhir_server.store.protocol import (
    Guard,
    Key,
    Op,
    Outcome,
    Refusal,
    RefusalReason,
    Unit,
    Write,
    Written,
    held_position,
    hold_obstacle,
)
from fhir_server.store.query import And, Not, Or, Predicate, Updated, is_judged_alone

#: Guards are judged on at most so many versions that are decided and not written; then the group is closed.
_PENDING_LIMIT = 64
_STATE = {"t": 1, "k": 1, "n": 1, "p": 1, "o": 1, "d": 1}


class _Current(NamedTuple):
    """What is current under a key: as stored, or as decided in this group (``at``: its place among the decided)."""

    state: State
    at: int | None = None


class _Decided(NamedTuple):
    """A version that will be written, and what it replaces."""

    write: Write
    version_id: int
    op: Op
    before: _Current


class _Made(NamedTuple):
    """A write that leads to the decided version at ``at``: it made it, or found the same content in it."""

    key: Key
    at: int
    changed: bool


_Planned: TypeAlias = tuple[Written | _Made, ...] | Refusal


@dataclass(slots=True)
class Group:
    """Decides units one after the other; ``scope`` looks into the transaction's snapshot."""

    scope: Scope
    collections: Collections
    expunged: int = 0
    """Positions before this one can be held no more."""
    closed: bool = False
    """True when a unit must wait for what is decided here to be committed."""
    seen: int = 0
    """The greatest position of the states that were looked at."""
    touched: set[bytes] = field(default_factory=set)
    """Guard documents of the units that are applied."""
    record_steps: dict[str, records.Operation] = field(default_factory=dict)
    _current: dict[Key, _Current] = field(default_factory=dict)
    _records: dict[str, bytes | None] = field(default_factory=dict)
    _decided: list[_Decided] = field(default_factory=list)
    _planned: list[_Planned] = field(default_factory=list)

    async def decide(self, units: Sequence[Unit]) -> None:
        """Decide the units in order, until one has to wait for a commit."""
        await self._load(units)
        for unit in units:
            if self._decided and not self._can_judge(unit):
                self.closed = True
                return
            self._planned.append(await self._plan(unit))

    @property
    def versions(self) -> int:
        """How many will be written."""
        return len(self._decided)

    @property
    def writes(self) -> Iterator[Write]:
        """The writes of these versions."""
        return (one.write for one in self._decided)

    def outcomes(self, end: int) -> list[Outcome]:
        """An outcome for each unit that was decided; ``end`` is the last vid of the versions, and their position."""
        return [
            planned if isinstance(planned, Refusal) else tuple(self._written(one, end) for one in planned)
            for planned in self._planned
        ]

    def documents(self, end: int) -> tuple[list[Document], list[UpdateOne]]:
        """The documents of the new versions, and the updates that end those before them."""
        first = end - len(self._decided) + 1
        documents, endings = [], []
        for vid, one in enumerate(self._decided, first):
            documents.append(document_of(one.write, vid=vid, position=end, version_id=one.version_id, op=one.op))
            if one.before.at is not None:
                superseded(documents[one.before.at], end)
            elif one.before.state.version_id:
                endings.append(ending(one.write.key, one.before.state, end))
        return documents, endings

    def _written(self, one: Written | _Made, end: int) -> Written:
        if isinstance(one, Written):
            return one
        decided = self._decided[one.at]
        return Written(one.key, decided.version_id, moment_of(end), end, decided.op, one.changed)

    # Looking

    async def _load(self, units: Sequence[Unit]) -> None:
        keys = [write.key for unit in units for write in unit.writes]
        found_states = await states(self.collections.version, keys, self.scope.versions.session)
        self._current = {key: _Current(state) for key, state in found_states.items()}
        given = {records.name_of(space, name) for unit in units for space, name, _ in unit.given}
        found = await records.values(self.collections.record, given, self.scope.versions.session) if given else {}
        self._records = {name: found.get(name) for name in given}
        if any(held_position(record) is not None for unit in units for record in unit.records):
            last = await self.collections.guard.find_one(
                {"_id": criteria.HOLDS_ID}, session=self.scope.versions.session
            )
            self.expunged = max(self.expunged, (last or {}).get("mark", 0))

    def _lookup(self, key: Key) -> _Current:
        found = self._current.get(key, _Current(NEVER_WRITTEN))
        self.seen = max(self.seen, found.state.position)
        return found

    # Deciding

    def _can_judge(self, unit: Unit) -> bool:
        """Can its guards be judged before what is decided is committed?"""
        if unit.guards and len(self._decided) > _PENDING_LIMIT:
            return False
        return all(is_judged_alone(guard.query.where) and not _asks_time(guard.query.where) for guard in unit.guards)

    async def _plan(self, unit: Unit) -> _Planned:
        stopped = self._record_obstacle(unit) or await self._guard_obstacle(unit) or self._write_obstacle(unit)
        if stopped is not None:
            return stopped
        self.touched.update(criteria.guard_id(guard.query) for guard in unit.guards)
        self._change_records(unit)
        return tuple(self._change(write) for write in unit.writes)

    def _record_obstacle(self, unit: Unit) -> Refusal | None:
        for index, (space, name, value) in enumerate(unit.given):
            if self._records[records.name_of(space, name)] != value:
                return Refusal(RefusalReason.RECORD, None, 0, index)
        return hold_obstacle(unit, lambda: self.expunged)

    async def _guard_obstacle(self, unit: Unit) -> Refusal | None:
        for index, guard in enumerate(unit.guards):
            found = await self._matches(guard)
            if found != ([guard.expected] if guard.expected else []):
                return Refusal(RefusalReason.GUARD, found[0] if found else None, 0, index)
        return None

    def _write_obstacle(self, unit: Unit) -> Refusal | None:
        refused = (refusal(write, index, self._lookup(write.key).state) for index, write in enumerate(unit.writes))
        return next((one for one in refused if one), None)

    def _change_records(self, unit: Unit) -> None:
        """Records that are given take part in the transaction also when they stay as they are."""
        for space, name, value in unit.given:
            of = records.name_of(space, name)
            if value is None:
                self.touched.add(criteria.absence_id(of))
            else:
                self.record_steps.setdefault(of, records.touch(of))
        for record in unit.records:
            space, name, value = record
            if held_position(record) is not None:
                self.touched.add(criteria.HOLDS_ID)
            of = records.name_of(space, name)
            self._records[of] = value
            self.record_steps[of] = records.put(of, value)

    def _change(self, write: Write) -> Written | _Made:
        before = self._lookup(write.key)
        state = before.state
        if state.unchanged_by(write):
            return state.written(write.key) if before.at is None else _Made(write.key, before.at, changed=False)
        op = state.op_of(write)
        at = len(self._decided)
        new = State(state.version_id + 1, 0, 0, op, write.digest[:DIGEST_LENGTH])
        self._current[write.key] = _Current(new, at)
        self._decided.append(_Decided(write, new.version_id, op, before))
        return _Made(write.key, at, changed=True)

    # Guards

    async def _matches(self, guard: Guard) -> list[Key]:
        """At most two matches of a guard's query in the present state of the group, in commit order."""
        query = guard.query
        pending = {key: one.at for key, one in self._current.items() if one.at is not None}
        scope = self.scope.of(query.types)
        match = await scope.filter(query.where)
        fields = {"t": 1, "k": 1, "p": 1}
        documents = await scope.versions.find(match, fields, limit=2 + len(pending), sort={"_id": 1})
        self.seen = max((self.seen, *(document["p"] for document in documents)))
        stored = [Key(document["t"], id_of(document["k"])) for document in documents]
        unwritten = sorted(pending.items(), key=lambda item: item[1])
        new = [key for key, at in unwritten if self._satisfies(self._decided[at].write, query.types, query.where)]
        return [*(key for key in stored if key not in pending), *new][:2]

    def _satisfies(self, write: Write, types: Sequence[str], where: Predicate) -> bool:
        if write.body is None or (types and write.key.type not in types):
            return False
        return holds(where, Subject(write.key.id, 0, write.entries, frozenset(write.labels), write.key.type))


async def states(version: Collection, keys: Iterable[Key], session: Any) -> dict[Key, State]:
    """The current states of those keys that were ever written."""
    places: dict[str, set[str]] = {}
    for key in keys:
        places.setdefault(key.type, set()).add(place(key.id))
    found: dict[Key, State] = {}
    for of_type, wanted in places.items():
        query = {"t": of_type, "k": {"$in": sorted(wanted)}, "x": OPEN}
        async for document in version.find(query, _STATE, session=session):
            found[Key(of_type, id_of(document["k"]))] = _state(document)
    return found


def scope_of(version: Any, texts: Any, session: Any, every_type: tuple[str, ...]) -> Scope:
    """Where guards look: at what is current, readable or not."""
    return Scope(Looks(version, session), texts, every_type, every_type, CURRENT)


def _state(document: Mapping[str, Any]) -> State:
    position = int(document["p"])
    return State(document["n"], moment_of(position), position, Op(document["o"]), bytes(document["d"]))


def _asks_time(predicate: Predicate) -> bool:
    """Does it look at lastUpdated, which is known at the commit only?"""
    match predicate:
        case And(parts) | Or(parts):
            return any(map(_asks_time, parts))
        case Not(part):
            return _asks_time(part)
        case _:
            return isinstance(predicate, Updated)
