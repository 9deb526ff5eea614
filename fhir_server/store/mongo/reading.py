"""Reads: versions, history, pages of a search, chunks of a scan. Each runs in one causally consistent session.

What is read lies at or below a readable position, so it is committed on a majority and final; that is why the reads
themselves need no read concern. With a read preference for secondaries the session makes them wait for that position.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from conformance.errors import Gone
from fhir_server.store.cursors import cursor_after, place_of
from fhir_server.store.messages import PAGE_EXPIRED
from fhir_server.store.mongo.documents import BODY, place, version_of
from fhir_server.store.mongo.filters import every, of_types, visible
from fhir_server.store.mongo.flights import Flights, Head
from fhir_server.store.mongo.layout import Client, Collections
from fhir_server.store.mongo.moments import OPEN, first_at
from fhir_server.store.mongo.queries import TIME, Scope
from fhir_server.store.mongo.sorting import Row, sorted_rows
from fhir_server.store.mongo.texts import Texts
from fhir_server.store.mongo.words import Document
from fhir_server.store.protocol import Cursor, Key, Op, Page, Version
from fhir_server.store.query import Predicate, Query

#: Keys of one look-up.
_KEYS = 1_000
_DELETED = {"o": int(Op.DELETE)}


class Period(NamedTuple):
    """What a history is narrowed to, in microseconds."""

    since: int | None
    during: tuple[int, int] | None

    def filter(self) -> Document:
        """See ``Store.history``."""
        parts: list[Document] = [{"_id": {"$gte": first_at(self.since)}}] if self.since is not None else []
        if self.during is not None:
            start, end = self.during
            deletion = {**_DELETED, "_id": {"$gte": first_at(start)}}
            made = {"$or": [{"o": {"$ne": int(Op.DELETE)}}, deletion]}
            parts += [{"_id": {"$lt": first_at(end)}}, {"x": {"$gte": first_at(start + 1)}}, made]
        return every(parts)


class Reader:
    """Answers what the store is asked."""

    def __init__(self, client: Client, collections: Collections, flights: Flights, texts: Texts) -> None:
        self._client = client
        self._version = collections.version
        self._flights = flights
        self._texts = texts
        self._readable = 0

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[tuple[Any, Head]]:
        """A session and the state that was read first in it."""
        async with self._client.start_session(causal_consistency=True) as session:
            head = await self._flights.head(session)
            self._readable = max(self._readable, head.readable)
            yield session, head

    async def read(self, key: Key, position: int | None) -> Version | None:
        """See ``Store.read``. Mostly one look-up: what is current and known to be readable is the answer."""
        of_key = {"t": key.type, "k": place(key.id)}
        if position is None:
            found = await self._version.find_one({**of_key, "x": OPEN}, BODY)
            if found is None or found["p"] <= self._readable:
                return version_of(found) if found else None
        async with self._looking() as (session, head):
            at = _at(position, head)
            past = {**of_key, "p": {"$lte": at}, "x": {"$gt": at}}
            found = await self._version.find_one(past, BODY, session=session)
        return version_of(found) if found else None

    async def read_many(self, keys: Sequence[Key], position: int | None) -> list[Version]:
        """See ``Store.read_many``."""
        by_type: dict[str, set[str]] = {}
        for key in keys:
            by_type.setdefault(key.type, set()).add(place(key.id))
        found: list[Document] = []
        async with self._looking() as (session, head):
            at = visible(_at(position, head))
            for of_type, places in by_type.items():
                for chunk in _chunks(sorted(places)):
                    query = {"t": of_type, "k": {"$in": chunk}, **at}
                    found += await self._version.find(query, BODY, session=session).to_list()
        return list(map(version_of, found))

    async def vread(self, key: Key, version_id: int) -> Version | None:
        """See ``Store.vread``."""
        async with self._looking() as (session, head):
            query = {"t": key.type, "k": place(key.id), "n": version_id, "p": {"$lte": head.readable}}
            found = await self._version.find_one(query, BODY, session=session)
        return version_of(found) if found else None

    # Searching

    def _scope(self, session: Any, head: Head, types: tuple[str, ...], at: int) -> Scope:
        every_type = tuple(head.types)
        return Scope(self._version, self._texts, session, every_type, types or every_type, visible(at))

    async def search(self, query: Query, limit: int, position: int | None, cursor: Cursor | None) -> Page:
        """See ``Store.search``."""
        backward = cursor is not None and cursor.backward
        after = place_of(cursor, len(query.sort)) if cursor else None
        async with self._looking() as (session, head):
            at = _searchable(cursor.position if cursor else position, head)
            scope = self._scope(session, head, query.types, at)
            rows = await sorted_rows(scope, query, after, limit + 1, backward=backward) if limit > 0 else []
            more = len(rows) > limit
            rows = rows[:limit][::-1] if backward else rows[:limit]
            versions = await self._by_vid(scope, [row.vid for row in rows])
        return _page(at, versions, rows, has_next=more or backward, has_previous=more if backward else bool(after))

    async def count(self, query: Query, position: int | None) -> int:
        """See ``Store.count``."""
        async with self._looking() as (session, head):
            scope = self._scope(session, head, query.types, _searchable(position, head))
            match = await scope.filter(query.where)
            return await self._version.count_documents(match, session=session, maxTimeMS=TIME)

    async def counts(self) -> dict[str, int]:
        """See ``Store.counts``."""
        async with self._looking() as (session, head):
            match = every([of_types(head.types), visible(head.readable)])
            pipeline = [{"$match": match}, {"$group": {"_id": "$t", "count": {"$sum": 1}}}]
            cursor = await self._version.aggregate(pipeline, session=session)
            return {document["_id"]: document["count"] for document in await cursor.to_list()}

    async def explain(self, query: Query) -> Document:
        """The server's plan of the first page of a search."""
        async with self._looking() as (session, head):
            match = await self._scope(session, head, query.types, head.readable).filter(query.where)
            found: Document = await self._version.find(match, session=session).sort("_id", 1).limit(50).explain()
            return found

    async def _by_vid(self, scope: Scope, vids: Sequence[int]) -> tuple[Version, ...]:
        match = {"_id": {"$in": list(vids)}, **of_types(scope.types)}
        found = await self._version.find(match, BODY, session=scope.session).to_list() if vids else []
        by_vid = {document["_id"]: document for document in found}
        return tuple(version_of(by_vid[vid]) for vid in vids)

    # History and scans

    async def history(
        self, types: tuple[str, ...], id: str | None, limit: int, period: Period, cursor: Cursor | None
    ) -> Page:
        """See ``Store.history``."""
        after = place_of(cursor, 0) if cursor else None
        async with self._looking() as (session, head):
            at = _at(cursor.position if cursor else None, head)
            parts = [of_types(types or head.types), {"p": {"$lte": at}}, period.filter()]
            parts += [{"k": place(id)}] if id is not None else []
            parts += [{"_id": {"$lt": after[1]}}] if after else []
            of_key = id is not None and len(types) == 1
            found = self._version.find(every(parts), BODY, session=session, max_time_ms=TIME)
            documents = await found.sort("n" if of_key else "_id", -1).limit(limit + 1).to_list()
        versions = tuple(map(version_of, documents[:limit]))
        rows = [Row((), version.vid) for version in versions]
        return _page(at, versions, rows, has_next=len(documents) > limit, has_previous=False)

    async def matching(
        self, types: tuple[str, ...], where: Predicate, position: int, after: int, limit: int
    ) -> list[int]:
        """The vids of the next matches of a scan in commit order."""
        async with self._looking() as (session, head):
            scope = self._scope(session, head, types, _searchable(position, head))
            rows = await sorted_rows(scope, Query(types, where), ([], after), limit)
        return [row.vid for row in rows]

    async def chunk(
        self, types: tuple[str, ...], position: int, after: int, limit: int, *, deleted: bool
    ) -> list[Version]:
        """The next versions of a scan without a predicate."""
        async with self._looking() as (session, head):
            at = _at(position, head)
            match = {**of_types(types or head.types), **visible(at), "_id": {"$gt": after, "$lte": at}}
            match.update(_DELETED if deleted else {})
            return await self._one_batch(match, session, limit)

    async def versions(self, after: int, position: int, limit: int) -> list[Version]:
        """The next versions of all, replaced ones and deletions included."""
        async with self._looking() as (session, head):
            at = _at(position, head)
            return await self._one_batch({"_id": {"$gt": after, "$lte": at}, "p": {"$lte": at}}, session, limit)

    async def listed(self, types: tuple[str, ...], vids: Sequence[int]) -> list[Version]:
        """The first versions of these."""
        async with self._looking() as (session, head):
            match = {**of_types(types or head.types), "_id": {"$in": list(vids)}}
            return await self._one_batch(match, session, len(vids))

    async def _one_batch(self, match: Document, session: Any, limit: int) -> list[Version]:
        """At most ``limit`` versions in commit order, and not more than one reply of the server holds: 16 MB."""
        cursor = self._version.find(match, BODY, session=session, batch_size=limit)
        return list(map(version_of, await cursor.sort("_id", 1).limit(-limit).to_list()))


def _page(at: int, versions: tuple[Version, ...], rows: Sequence[Row], *, has_next: bool, has_previous: bool) -> Page:
    if not rows:
        return Page((), None)
    after = cursor_after(at, rows[-1].values, rows[-1].vid) if has_next else None
    before = cursor_after(at, rows[0].values, rows[0].vid, backward=True) if has_previous else None
    return Page(versions, after, before)


def _at(position: int | None, head: Head) -> int:
    return head.readable if position is None else min(position, head.readable)


def _searchable(position: int | None, head: Head) -> int:
    at = _at(position, head)
    if at < head.expired:
        raise Gone.of(PAGE_EXPIRED)
    return at


def _chunks(places: Sequence[str]) -> Iterable[Sequence[str]]:
    return (places[start : start + _KEYS] for start in range(0, len(places), _KEYS))
