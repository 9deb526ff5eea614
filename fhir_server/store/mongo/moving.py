"""Versions as they stand: written with their own stamps by a migration, and given other entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne

from conformance.errors import Conflict
from fhir_server.store.judgement import DIGEST_LENGTH, NEVER_WRITTEN, State
from fhir_server.store.messages import NOT_NEXT, UNCERTAIN
from fhir_server.store.mongo import records
from fhir_server.store.mongo.documents import document_of, ending, place, searched, superseded
from fhir_server.store.mongo.filters import CURRENT
from fhir_server.store.mongo.flights import Flights, Ticket
from fhir_server.store.mongo.group import states
from fhir_server.store.mongo.layout import Collections
from fhir_server.store.mongo.moments import PER_MILLISECOND, floor_of, moment_of
from fhir_server.store.mongo.texts import Texts, texts_of
from fhir_server.store.mongo.transactions import Transactions
from fhir_server.store.mongo.words import Document
from fhir_server.store.moving import Restored, require_next, units_of
from fhir_server.store.protocol import Key, Record, Version
from fhir_server.store.reindexing import Reindexed


class Mover:
    """Writes versions as they are."""

    def __init__(self, transactions: Transactions, collections: Collections, flights: Flights, texts: Texts) -> None:
        self._transactions = transactions
        self._collections = collections
        self._flights = flights
        self._texts = texts

    async def restore(self, versions: Sequence[Restored], kept: Sequence[Record]) -> None:
        """See ``Movable.restore``."""

        async def body(session: Any, ticket: Ticket) -> int:
            return await self._written(session, ticket, versions, kept)

        position, head = await self._transactions.run(body, lambda: None)
        await self._flights.reach(position, head, otherwise=UNCERTAIN)

    async def reindex(self, versions: Sequence[Reindexed], given: Sequence[Record] = ()) -> int | None:
        """See ``Reindexable.reindex``."""
        steps = [
            UpdateOne(_current(version), {"$set": searched(write)})
            for version, write in versions
            if write.body is not None
        ]

        async def body(session: Any, ticket: Ticket) -> int | None:
            if given and not await records.are_given(self._collections, given, session):
                return None
            await self._flights.enter(ticket)
            done = await self._collections.version.bulk_write(steps, ordered=False, session=session)
            return done.matched_count

        if not steps:
            return 0
        await self._texts.add(text for _, write in versions for text in texts_of(write.key.type, write.entries))
        return (await self._transactions.run(body, lambda: None))[0]

    async def _written(self, session: Any, ticket: Ticket, versions: Sequence[Restored], kept: Sequence[Record]) -> int:
        last, newest = await self._flights.newest(session)
        found = await states(self._collections.version, [one.version.key for one in versions], session)
        plan = _Plan(found, last, newest)
        for unit in units_of(versions):
            plan.take(unit)
        if plan.documents:
            writes = [one.write for one in versions]
            await self._texts.add(text for write in writes for text in texts_of(write.key.type, write.entries))
            await self._flights.claim(ticket, last, plan.last, {write.key.type for write in writes})
            if plan.endings:
                await self._collections.version.bulk_write(plan.endings, ordered=False, session=session)
            await self._collections.version.insert_many(plan.documents, session=session)
        if kept:
            steps = [records.put(records.name_of(space, name), value) for space, name, value in kept]
            await self._collections.record.bulk_write(steps, session=session)
        return plan.last if plan.documents else 0


def _current(version: Version) -> Document:
    """A version, when it is current and live."""
    return {"t": version.key.type, "k": place(version.key.id), "n": version.version_id, **CURRENT}


class _Plan:
    """Documents of versions that follow each other; raises Conflict for one that cannot."""

    def __init__(self, found: dict[Key, State], last: int, newest: int) -> None:
        self.last = last
        self.documents: list[Document] = []
        self.endings: list[UpdateOne] = []
        self._newest = newest
        self._states = found
        self._at: dict[Key, int] = {}

    def take(self, unit: Sequence[Restored]) -> None:
        """The versions of one position."""
        base = max(self.last, floor_of(unit[0].version.last_updated // 1000))
        position = base + len(unit)
        for vid, one in enumerate(unit, base + 1):
            key, state = one.version.key, self._states.get(one.version.key, NEVER_WRITTEN)
            require_next(one, state, self._newest)
            if moment_of(vid) != one.version.last_updated or position % PER_MILLISECOND == 0:
                raise Conflict.of(NOT_NEXT, key=key, version=one.version.version_id, current=state.version_id)
            self._end(key, state, position)
            self._keep(one, vid, position)
        self.last = position
        self._newest = moment_of(position)

    def _end(self, key: Key, state: State, position: int) -> None:
        if key not in self._at:
            self.endings += [ending(key, state, position)] if state.version_id else []
            return
        before = self.documents[self._at[key]]
        if before["p"] == position:
            superseded(before, position)
        else:
            before.update({"x": position, "g": position} if state.is_live else {"x": position})

    def _keep(self, one: Restored, vid: int, position: int) -> None:
        version, write = one
        self._at[version.key] = len(self.documents)
        self.documents.append(
            document_of(write, vid=vid, position=position, version_id=version.version_id, op=version.op)
        )
        digest = write.digest[:DIGEST_LENGTH]
        self._states[version.key] = State(version.version_id, version.last_updated, position, version.op, digest)
