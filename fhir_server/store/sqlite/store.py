"""The SQLite store: the asynchronous face of the readers and the writer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from fhir_server.store.clock import HORIZON, Clock, system_clock
from fhir_server.store.expunging import Wanted
from fhir_server.store.judgement import require_distinct_keys
from fhir_server.store.moving import Restored
from fhir_server.store.protocol import Cursor, Key, Moment, Outcome, Page, Promise, Record, Unit, Version, Write
from fhir_server.store.query import ALL, Predicate, Query
from fhir_server.store.reindexing import Reindexed
from fhir_server.store.sqlite import expunge, reading, records, scanning, upkeep
from fhir_server.store.sqlite.engine import Engine
from fhir_server.store.sqlite.faults import translated
from fhir_server.store.sqlite.points import settled
from fhir_server.store.sqlite.readers import TookLong
from fhir_server.store.sqlite.reindex import replace_entries
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.writer import Call, Job

T = TypeVar("T")


class SqliteStore:
    """See ``fhir_server.store.protocol.Store``."""

    name = "sqlite"
    promises = frozenset(Promise)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._read = engine.readers.run

    @classmethod
    async def open(cls, path: str, *, clock: Clock = system_clock, horizon: int = HORIZON) -> SqliteStore:
        """The store in the file ``path``, created when absent; ``horizon`` in microseconds.

        Raises ``NotSupported`` on a network file system or a newer layout, ``Unavailable`` when it cannot be opened.
        """
        with translated():
            return cls(await asyncio.to_thread(Engine, Path(path), clock, horizon))

    async def close(self) -> None:
        """See ``Store.close``."""
        await asyncio.to_thread(self._engine.close)

    async def _in_thread(self, reading: Callable[[Session], T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._engine.readers.pool, self._read, reading)

    async def _soon(self, reading: Callable[[Session], T]) -> T:
        """Here, or when that takes long, in a reader thread: other requests are answered meanwhile."""
        try:
            return self._engine.readers.run_briefly(reading)
        except TookLong:
            return await self._in_thread(reading)

    async def _job(self, job: Job) -> None:
        await self._written(Call((), job=job))

    async def _written(self, call: Call) -> list[Outcome]:
        call.answer = asyncio.get_running_loop().create_future()
        self._engine.writer.submit(call)
        return await call.answer

    async def tidy(self) -> None:
        """See ``Store.tidy``."""
        await self._job(self._engine.pruner.expire)
        while await self._in_thread(upkeep.has_expired):
            await self._job(upkeep.prune)
        while await self._in_thread(lambda session: upkeep.has_room(session.db)):
            await self._job(lambda session: upkeep.give_back(session.db))
        while self._engine.merger.has_more:
            await self._job(lambda _: self._engine.merger.step())

    async def position(self) -> int:
        """See ``Store.position``."""
        return self._read(Session.latest)

    async def settle(self) -> Moment:
        """See ``Store.settle``."""
        at = await self._in_thread(lambda session: max(self._engine.clock() // 1000, session.last_updated()))
        await self._job(lambda session: session.forbid(at))
        return await self._in_thread(lambda session: Moment(settled(session.db, at), at * 1000))

    async def read(self, key: Key, position: int | None = None) -> Version | None:
        """See ``Store.read``. Runs in the caller's thread: a point look-up."""
        return self._read(lambda session: reading.read(session, key, position))

    async def read_many(self, keys: Sequence[Key], position: int | None = None) -> list[Version]:
        """See ``Store.read_many``."""
        return await self._soon(lambda session: reading.read_many(session, keys, position))

    async def vread(self, key: Key, version_id: int) -> Version | None:
        """See ``Store.vread``. Runs in the caller's thread."""
        return self._read(lambda session: reading.vread(session, key, version_id))

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
        look = partial(reading.history, types=types, id=id, limit=limit, since=since, during=during, cursor=cursor)
        return await self._soon(look)

    async def search(
        self, query: Query, *, limit: int, position: int | None = None, cursor: Cursor | None = None
    ) -> Page:
        """See ``Store.search``."""
        return await self._soon(lambda session: reading.search(session, query, limit, position, cursor))

    async def count(self, query: Query, position: int | None = None) -> int:
        """See ``Store.count``."""
        return await self._soon(lambda session: reading.count_matches(session, query, position))

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
        """See ``Store.scan``. No transaction is held between chunks."""
        scan = scanning.Scan(types, position, where, since, deleted)
        first = await self._in_thread(lambda session: scanning.start(session, scan, after))
        async for chunk in self._every(scan, first) if where == ALL else self._matching(scan, first):
            yield chunk

    async def _every(self, scan: scanning.Scan, first: int) -> AsyncIterator[list[Version]]:
        after: int | None = first
        while after is not None:
            chunk, after = await self._in_thread(partial(scanning.chunk, scan=scan, after=after))
            if chunk:
                yield chunk

    async def _matching(self, scan: scanning.Scan, after: int) -> AsyncIterator[list[Version]]:
        while vids := await self._in_thread(partial(scanning.found, scan=scan, after=after)):
            after, at = vids[-1], 0
            while at < len(vids):
                chunk = await self._in_thread(partial(scanning.listed, vids=vids[at : at + reading.CHUNK]))
                at += len(chunk)
                yield chunk

    async def counts(self) -> dict[str, int]:
        """See ``Store.counts``."""
        return await self._in_thread(reading.counts)

    async def transact(self, units: Sequence[Unit]) -> list[Outcome]:
        """See ``Store.transact``."""
        require_distinct_keys(units)
        return await self._written(Call(tuple(units)))

    async def readied(self, writes: Sequence[Write]) -> list[Write]:
        """See ``Store.readied``."""
        with translated():
            return await asyncio.to_thread(self._engine.readied, writes)

    async def record(self, space: str, name: str) -> bytes | None:
        """See ``Store.record``. Runs in the caller's thread."""
        return self._read(lambda session: records.record(session.db, space, name))

    async def records(self, space: str) -> AsyncIterator[tuple[str, bytes]]:
        """See ``Store.records``."""
        after: str | None = None
        while chunk := await self._in_thread(
            lambda session, after=after: records.record_chunk(  # type: ignore[misc]
                session.db, space, after, reading.CHUNK, reading.CHUNK_BYTES
            )
        ):
            for name, value in chunk:
                yield name, value
            after = chunk[-1][0]

    # Moving: see ``fhir_server.store.moving.Movable``

    async def versions(self, after: int, position: int) -> AsyncIterator[list[Version]]:
        """See ``Movable.versions``."""
        while chunk := await self._in_thread(partial(scanning.every_version, after=after, position=position)):
            yield chunk
            after = chunk[-1].vid

    async def spaces(self) -> list[str]:
        """See ``Movable.spaces``."""
        return await self._in_thread(lambda session: records.spaces(session.db))

    async def restore(self, versions: Sequence[Restored], records: Sequence[Record] = ()) -> None:
        """See ``Movable.restore``."""
        await self._written(Call((), restored=(tuple(versions), tuple(records))))

    # Indexing anew

    async def reindex(self, versions: Sequence[Reindexed], given: Sequence[Record] = ()) -> int | None:
        """See ``Reindexable.reindex``."""
        counts: list[int | None] = []
        await self._job(lambda session: counts.append(replace_entries(session, versions, given)))
        return counts[-1]

    # Expunging

    async def expungeable(self, wanted: Wanted) -> AsyncIterator[list[Version]]:
        """See ``Expungeable.expungeable``."""
        for walk in expunge.walks(wanted):
            after: int | None = None
            while hashes := await self._in_thread(partial(expunge.keys, wanted=wanted, walk=walk, after=after)):
                chunk = await self._in_thread(partial(expunge.listed, wanted=wanted, hashes=hashes))
                if chunk:
                    yield chunk
                after = hashes[-1]

    async def expunge(self, versions: Sequence[Version], wanted: Wanted) -> int:
        """See ``Expungeable.expunge``."""
        counts: list[int] = []
        await self._job(lambda session: counts.append(expunge.remove(session, versions, wanted)))
        return counts[-1]
