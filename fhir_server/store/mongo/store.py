"""The MongoDB store: its parts behind the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fhir_server.store.clock import HORIZON, Clock, system_clock
from fhir_server.store.expunging import Wanted
from fhir_server.store.judgement import require_distinct_keys
from fhir_server.store.mongo import records
from fhir_server.store.mongo.commit import Committer
from fhir_server.store.mongo.documents import versions_of
from fhir_server.store.mongo.expunge import Expunger
from fhir_server.store.mongo.faults import translated
from fhir_server.store.mongo.flights import Flights
from fhir_server.store.mongo.heads import Heads
from fhir_server.store.mongo.layout import Client, Collections, connected, is_made, prepared
from fhir_server.store.mongo.moments import first_at
from fhir_server.store.mongo.moving import Mover
from fhir_server.store.mongo.reading import Period, Reader
from fhir_server.store.mongo.texts import Texts
from fhir_server.store.mongo.transactions import Transactions
from fhir_server.store.mongo.upkeep import Upkeep
from fhir_server.store.mongo.words import Document
from fhir_server.store.mongo.writer import Writer
from fhir_server.store.moving import Restored
from fhir_server.store.protocol import Cursor, Key, Moment, Outcome, Page, Promise, Record, Unit, Version, Write
from fhir_server.store.query import ALL, Predicate, Query
from fhir_server.store.reindexing import Reindexed

#: Versions of one look of a scan, and matches that are looked for at a time.
CHUNK, MATCHES = 2_000, 50_000


class MongoStore:
    """See ``fhir_server.store.protocol.Store``. It lives in the event loop that opened it."""

    name = "mongodb"
    promises = frozenset(Promise)

    def __init__(self, client: Client, collections: Collections, clock: Clock, horizon: int) -> None:
        texts = Texts(collections.text)
        self._client = client
        self._record = collections.record
        self._clock = clock
        self._flights = Flights(client, collections)
        self._heads = Heads(client, self._flights)
        self._reader = Reader(collections, self._heads, texts)
        self._upkeep = Upkeep(collections, self._flights, clock, horizon)
        transactions = Transactions(client, collections.fence, self._flights)
        self._mover = Mover(transactions, collections, self._flights, texts)
        self._expunger = Expunger(transactions, collections, self._flights)
        self._writer = Writer(Committer(transactions, collections, self._flights, texts, clock))

    @staticmethod
    async def is_made(url: str, **options: Any) -> bool:
        """True when the database of a MongoDB URL holds a store. Raises as ``open`` does."""
        with translated():
            async with connected(url, **options) as client:
                return await is_made(client)

    @classmethod
    async def open(cls, url: str, *, clock: Clock = system_clock, horizon: int = HORIZON, **options: Any) -> MongoStore:
        """The store in the database that a MongoDB URL names (``fhir`` when it names none), made when absent.

        ``options`` are pymongo's; ``horizon`` is in microseconds. Raises ``NotSupported`` for a standalone or old
        server or a newer layout, ``Unavailable`` when the server does not answer.
        """
        with translated():
            client = connected(url, **options)
            try:
                return cls(client, await prepared(client), clock, horizon)
            except BaseException:
                await client.close()
                raise

    async def close(self) -> None:
        """See ``Store.close``."""
        await self._writer.close()
        await self._upkeep.close()
        await self._client.close()

    async def tidy(self) -> None:
        """See ``Store.tidy``."""
        with translated():
            await self._upkeep.round()
            self._heads.forget()

    async def position(self) -> int:
        """See ``Store.position``."""
        with translated():
            return (await self._heads.now()).head.readable

    async def settle(self) -> Moment:
        """See ``Store.settle``."""
        with translated():
            head, millisecond = await self._flights.settle(self._clock())
            await self._flights.reach(head.last, head)
            return Moment(head.last, millisecond * 1000)

    async def read(self, key: Key, position: int | None = None) -> Version | None:
        """See ``Store.read``."""
        with translated():
            return await self._reader.read(key, position)

    async def read_many(self, keys: Sequence[Key], position: int | None = None) -> list[Version]:
        """See ``Store.read_many``."""
        with translated():
            return await self._reader.read_many(keys, position)

    async def vread(self, key: Key, version_id: int) -> Version | None:
        """See ``Store.vread``."""
        with translated():
            return await self._reader.vread(key, version_id)

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
        with translated():
            return await self._reader.history(types, id, limit, Period(since, during), cursor)

    async def search(
        self, query: Query, *, limit: int, position: int | None = None, cursor: Cursor | None = None
    ) -> Page:
        """See ``Store.search``."""
        with translated():
            return await self._reader.search(query, limit, position, cursor)

    async def count(self, query: Query, position: int | None = None) -> int:
        """See ``Store.count``."""
        with translated():
            return await self._reader.count(query, position)

    async def explain(self, query: Query) -> dict[str, Any]:
        """The server's plan of the first page of a search in commit order, as ``explain`` gives it."""
        with translated():
            return await self._reader.explain(query)

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
        """See ``Store.scan``. Nothing is held on the server between chunks."""
        start = after if since is None else max(after, first_at(since) - 1)
        if where == ALL:
            chunks = self._chunks(types, position, start, deleted=deleted)
        elif deleted:
            return
        else:
            chunks = self._matches(types, position, where, start)
        with translated():
            async for chunk in chunks:
                yield chunk

    async def _chunks(
        self, types: tuple[str, ...], position: int, after: int, *, deleted: bool
    ) -> AsyncIterator[list[Version]]:
        """Each chunk is asked for before the one before it is made use of, so that server and client work at once."""

        def ask(after: int) -> asyncio.Task[list[Document]]:
            return asyncio.create_task(self._reader.chunk(types, position, after, CHUNK, deleted=deleted))

        asked = ask(after)
        try:
            while documents := await asked:
                asked = ask(int(documents[-1]["_id"]))
                await asyncio.sleep(0)  # The question goes out now, not when this chunk has been used.
                yield versions_of(documents)
        finally:
            asked.cancel()
            await asyncio.wait([asked])
            if not asked.cancelled():
                asked.exception()  # Nobody wants to know any more.

    async def _matches(
        self, types: tuple[str, ...], position: int, where: Predicate, after: int
    ) -> AsyncIterator[list[Version]]:
        more = True
        while more:
            with translated():
                vids = await self._reader.matching(types, where, position, after, MATCHES)
            more = len(vids) == MATCHES
            while vids:
                with translated():
                    chunk = await self._reader.listed(types, vids[:CHUNK])
                vids = vids[len(chunk) :]
                after = chunk[-1].vid
                yield chunk

    async def counts(self) -> dict[str, int]:
        """See ``Store.counts``."""
        with translated():
            return await self._reader.counts()

    async def readied(self, writes: Sequence[Write]) -> list[Write]:
        """See ``Store.readied``. Nothing is done."""
        return list(writes)

    async def transact(self, units: Sequence[Unit]) -> list[Outcome]:
        """See ``Store.transact``."""
        require_distinct_keys(units)
        return await self._writer.submit(units) if units else []

    async def record(self, space: str, name: str) -> bytes | None:
        """See ``Store.record``."""
        with translated():
            return await records.value(self._record, space, name)

    async def records(self, space: str) -> AsyncIterator[tuple[str, bytes]]:
        """See ``Store.records``."""
        with translated():
            async for pair in records.every(self._record, space):
                yield pair

    # See ``fhir_server.store.moving``, ``reindexing`` and ``expunging``

    async def reindex(self, versions: Sequence[Reindexed], given: Sequence[Record] = ()) -> int | None:
        """See ``Reindexable.reindex``."""
        with translated():
            return await self._mover.reindex(versions, given)

    async def expungeable(self, wanted: Wanted) -> AsyncIterator[list[Version]]:
        """See ``Expungeable.expungeable``."""
        with translated():
            async for chunk in self._expunger.wanted(wanted):
                yield chunk

    async def expunge(self, versions: Sequence[Version], wanted: Wanted) -> int:
        """See ``Expungeable.expunge``."""
        with translated():
            return await self._expunger.remove(versions, wanted)

    async def versions(self, after: int, position: int) -> AsyncIterator[list[Version]]:
        """See ``Movable.versions``."""
        with translated():
            while chunk := await self._reader.versions(after, position, CHUNK):
                after = chunk[-1].vid
                yield chunk

    async def spaces(self) -> list[str]:
        """See ``Movable.spaces``."""
        with translated():
            return await records.spaces(self._record)

    async def restore(self, versions: Sequence[Restored], records: Sequence[Record] = ()) -> None:
        """See ``Movable.restore``."""
        with translated():
            await self._mover.restore(versions, records)
