"""Reindex jobs: the entries of every current version are derived anew, in chunks, from the last checkpoint on.

Two walks: what is there when the job begins; then the parameters are in force and servers take them up; then what was
written meanwhile under the old ones. A chunk that was done before a crash is done again, which changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from conformance.errors import NotSupported
from conformance.json_codec import decode
from fhir_server.bulk.messages import NO_REINDEX
from fhir_server.indexing import indexing
from fhir_server.jobs import Job, Lease
from fhir_server.repository.in_force import record_of, wanted
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
from fhir_server.settings import Settings
from fhir_server.store.protocol import Record, Store, Version
from fhir_server.store.reindexing import Reindexable, Reindexed

#: The kind of reindex jobs.
REINDEX = "reindex"
#: Seconds between two looks of a server for the parameters in force.
TAKEN_UP = 2.0
#: Versions that are replaced at a time.
_CHUNK = 200


class Order(msgspec.Struct, frozen=True):
    """What a reindex job was asked for. No type means all."""

    types: tuple[str, ...] = ()
    url: str = ""


class State(msgspec.Struct):
    """How far it is: everything up to the vid ``after``. ``until`` is the end of the present walk."""

    parameters: list[dict[str, Any]]
    until: int
    after: int = 0
    done: int = 0
    is_in_force: bool = False


@dataclass(frozen=True, slots=True)
class ReindexKind:
    """See ``fhir_server.jobs.Kind``. ``pause`` is how long servers take to notice, in seconds."""

    store: Store
    settings: Settings
    clock: Callable[[], int]
    pause: float = 2 * TAKEN_UP

    async def run(self, lease: Lease) -> dict[str, Any]:
        """The number of versions. Raises NotSupported, and Unprocessable for a parameter that cannot be used."""
        order = msgspec.convert(lease.job.request, Order)
        if not isinstance(self.store, Reindexable):
            raise NotSupported.of(NO_REINDEX)
        state = await self._state(lease, order)
        indexer = indexing(self.settings).with_parameters(state.parameters).indexer()
        walk = _Walk(self.store, lease, order, state, indexer, self.clock)
        await walk.to_end()
        if not state.is_in_force:
            state.is_in_force = True
            await walk.keep(record_of(state.parameters))
        await asyncio.sleep(self.pause)
        state.until = await self.store.position()
        await walk.to_end()
        return {"done": state.done, "parameters": [row.get("url") for row in state.parameters]}

    async def clean(self, job: Job) -> None:
        """Nothing lies outside of the store's index."""

    async def _state(self, lease: Lease, order: Order) -> State:
        if lease.job.checkpoint:
            return msgspec.convert(lease.job.checkpoint, State)
        counts = await self.store.counts()
        state = State(await wanted(self.store, order.types), await self.store.position())
        expected = sum(counts.get(name, 0) for name in order.types or counts)
        await lease.checkpoint(self.clock(), checkpoint=msgspec.to_builtins(state), expected=expected)
        return state


@dataclass(frozen=True, slots=True)
class _Walk:
    store: Reindexable
    lease: Lease
    order: Order
    state: State
    indexer: Indexer
    clock: Callable[[], int]

    async def to_end(self) -> None:
        """Everything up to ``state.until``."""
        async for chunk in self.store.scan(self.order.types, self.state.until, after=self.state.after):
            for start in range(0, len(chunk), _CHUNK):
                versions = chunk[start : start + _CHUNK]
                fresh = await asyncio.to_thread(self._derived, versions)
                self.state.done += await self.lease.under(partial(self.store.reindex, fresh))
                self.state.after = versions[-1].vid
                await self.keep()

    async def keep(self, *records: Record) -> None:
        """Make the state last, and these records with it."""
        kept = msgspec.to_builtins(self.state)
        await self.lease.checkpoint(self.clock(), records=records, checkpoint=kept, done=self.state.done)

    def _derived(self, versions: Sequence[Version]) -> list[Reindexed]:
        return [Reindexed(version, prepare(decode(version.body), self.indexer)) for version in versions]
