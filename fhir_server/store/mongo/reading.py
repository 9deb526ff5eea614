"""Reads: versions, history, pages of a search, chunks of a scan. Each is a look at a readable position (``sights``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from conformance.errors import Gone
from fhir_server.store.cursors import cursor_after, place_of
from fhir_server.store.messages import PAGE_EXPIRED
from fhir_server.store.mongo.documents import BODY, place, version_of, versions_of
from fhir_server.store.mongo.filters import LEFT, every, of_types, visible
from fhir_server.store.mongo.flights import Head
from fhir_server.store.mongo.gathering import Gathering, Spot, sought
from fhir_server.store.mongo.heads import Heads
from fhir_server.store.mongo.layout import Collections
from fhir_server.store.mongo.looks import Looks
from fhir_server.store.mongo.moments import first_at
from fhir_server.store.mongo.queries import Scope
from fhir_server.store.mongo.sights import Sights, at_most
from fhir_server.store.mongo.sorting import Place, Row, hint_of, sorted_rows
from fhir_server.store.mongo.texts import Texts
from fhir_server.store.mongo.words import Document
from fhir_server.store.pages import cut
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

    def __init__(self, collections: Collections, heads: Heads, texts: Texts) -> None:
        self._version = collections.version
        self._heads = heads
        self._sights = Sights(heads)
        self._gathering = Gathering(collections.version, heads)
        self._texts = texts

    async def read(self, key: Key, position: int | None) -> Version | None:
        """See ``Store.read``. Mostly one look-up: what is current and known to be readable is the answer."""
        if position is None:
            spot = Spot((key.type,), None, "k", 1)
            found = await self._gathering.find(self._looks(None), spot, place(key.id))
            if not found or await self._is_readable(found[0]):
                return version_of(found[0]) if found else None

        async def look(session: Any, head: Head, _: int) -> Version | None:
            at = _unexpunged(position, head)
            past = {"t": key.type, "k": place(key.id), "p": {"$lte": at}, "x": {"$gt": at}, **LEFT}
            found = await self._looks(session).find(past, BODY, limit=1)
            return version_of(found[0]) if found else None

        return await self._sights.looked(position, look)

    async def vread(self, key: Key, version_id: int) -> Version | None:
        """See ``Store.vread``."""
        of_version = {"t": key.type, "k": place(key.id), "n": version_id, **LEFT}
        found = await self._looks(None).find(of_version, BODY, limit=1)
        return version_of(found[0]) if found and await self._is_readable(found[0]) else None

    async def _is_readable(self, found: Document) -> bool:
        position = int(found["p"])
        return position <= self._heads.readable or position <= (await self._heads.now()).head.readable

    async def read_many(self, keys: Sequence[Key], position: int | None) -> list[Version]:
        """See ``Store.read_many``."""
        by_type: dict[str, set[str]] = {}
        for key in keys:
            by_type.setdefault(key.type, set()).add(place(key.id))
        queries = [
            {"t": of_type, "k": {"$in": chunk}} for of_type, places in by_type.items() for chunk in _chunks(places)
        ]

        async def look(session: Any, head: Head, _: int) -> list[Version]:
            at = _unexpunged(position, head)
            looks = self._looks(session)
            found = [await looks.find({**query, **visible(at)}, BODY, limit=_KEYS) for query in queries]
            return [version_of(document) for documents in found for document in documents]

        return await self._sights.looked(position, look)

    # Searching

    def _looks(self, session: Any) -> Looks:
        return Looks(self._version, session)

    def _scope(self, session: Any, head: Head, types: tuple[str, ...], at: int) -> Scope:
        every_type = tuple(head.types)
        return Scope(self._looks(session), self._texts, every_type, types or every_type, visible(at))

    async def search(self, query: Query, limit: int, position: int | None, cursor: Cursor | None) -> Page:
        """See ``Store.search``."""
        backward = cursor is not None and cursor.backward
        after = place_of(cursor, len(query.sort)) if cursor else None

        async def look(session: Any, head: Head, at: int) -> Page:
            scope = self._scope(session, head, query.types, _searchable(at, head))
            rows = await self._rows(scope, query, at, after, limit + 1, backward=backward) if limit else []
            more = len(rows) > limit
            rows = rows[:limit][::-1] if backward else rows[:limit]
            versions = await self._versions(scope, rows)
            return _page(at, versions, rows, has_next=more or backward, has_previous=more if backward else bool(after))

        return await self._sights.looked(cursor.position if cursor else position, look)

    async def _rows(
        self, scope: Scope, query: Query, at: int, after: Place | None, limit: int, *, backward: bool
    ) -> list[Row]:
        alike = sought(query, scope.types) if after is None else None
        if alike is None:
            return await sorted_rows(scope, query, after, limit, backward=backward, fields=BODY)
        field, value = alike
        found = await self._gathering.find(scope.versions, Spot(scope.types, at, field, limit), value)
        return [Row((), int(document["_id"]), document) for document in found]

    async def count(self, query: Query, position: int | None) -> int:
        """See ``Store.count``."""

        async def look(session: Any, head: Head, at: int) -> int:
            scope = self._scope(session, head, query.types, _searchable(at, head))
            match = await scope.filter(query.where)
            counted: list[Document] = [{"$match": match}, {"$count": "n"}]
            found = await scope.versions.aggregate(counted)
            return int(found[0]["n"]) if found else 0

        return await self._sights.looked(position, look)

    async def counts(self) -> dict[str, int]:
        """See ``Store.counts``."""

        async def look(session: Any, head: Head, at: int) -> dict[str, int]:
            match = every([of_types(head.types), visible(at)])
            pipeline = [{"$match": match}, {"$group": {"_id": "$t", "count": {"$sum": 1}}}]
            cursor = await self._version.aggregate(pipeline, session=session)
            return {document["_id"]: document["count"] for document in await cursor.to_list()}

        return await self._sights.looked(None, look)

    async def explain(self, query: Query) -> Document:
        """The server's plan of the first page of a search."""
        async with self._sights.looking() as (session, head):
            match = await self._scope(session, head, query.types, head.readable).filter(query.where)
            cursor = self._version.find(match, session=session, sort={"_id": 1}, hint=hint_of(query.where))
            found: Document = await cursor.limit(50).explain()
            return found

    async def _versions(self, scope: Scope, rows: Sequence[Row]) -> tuple[Version, ...]:
        """The versions of rows; those that came without their documents are looked up."""
        found = {row.vid: row.document for row in rows if row.document}
        missing = [row.vid for row in rows if not row.document]
        if missing:
            match = {"_id": {"$in": missing}, **of_types(scope.types)}
            documents = await scope.versions.find(match, BODY, limit=len(missing))
            found.update((document["_id"], document) for document in documents)
        return tuple(version_of(found[row.vid]) for row in rows)

    # History and scans

    async def history(
        self, types: tuple[str, ...], id: str | None, limit: int, period: Period, cursor: Cursor | None
    ) -> Page:
        """See ``Store.history``."""
        place_at = place_of(cursor, 0)[1] if cursor else None
        backward = cursor is not None and cursor.backward
        asked = cursor.position if cursor else None
        async with self._sights.looking(asked) as (session, head):
            at = at_most(asked, head)
            parts = [of_types(types or head.types), {"p": {"$lte": at}, **LEFT}, period.filter()]
            parts += [{"k": place(id)}] if id is not None else []
            parts += [{"_id": {"$gt" if backward else "$lt": place_at}}] if cursor else []
            of_key = id is not None and len(types) == 1
            sort = {"n" if of_key else "_id": 1 if backward else -1}
            documents = await self._looks(session).find(every(parts), BODY, limit=limit + 1, sort=sort)
        versions = list(map(version_of, documents[:limit]))
        return cut(versions[::-1] if backward else versions, at, cursor, has_more=len(documents) > limit)

    async def matching(
        self, types: tuple[str, ...], where: Predicate, position: int, after: int, limit: int
    ) -> list[int]:
        """The vids of the next matches of a scan in commit order."""

        async def look(session: Any, head: Head, at: int) -> list[int]:
            scope = self._scope(session, head, types, _searchable(at, head))
            return [row.vid for row in await sorted_rows(scope, Query(types, where), ([], after), limit)]

        return await self._sights.looked(position, look)

    async def chunk(
        self, types: tuple[str, ...], position: int, after: int, limit: int, *, deleted: bool
    ) -> list[Document]:
        """The documents of the next versions of a scan without a predicate."""

        async def look(session: Any, head: Head, _: int) -> list[Document]:
            at = _unexpunged(position, head)
            match = {**visible(at), "_id": {"$gt": after, "$lte": at}, **(_DELETED if deleted else {})}
            if types:
                return await self._one_batch({**of_types(types), **match}, session, limit)
            return await self._one_batch(match, session, limit, hint="_id_")

        return await self._sights.looked(position, look)

    async def versions(self, after: int, position: int, limit: int) -> list[Version]:
        """The next versions of all, replaced ones and deletions included."""
        async with self._sights.looking(position) as (session, head):
            at = at_most(position, head)
            match = {"_id": {"$gt": after, "$lte": at}, "p": {"$lte": at}}
            return versions_of(await self._one_batch(match, session, limit))

    async def listed(self, types: tuple[str, ...], vids: Sequence[int]) -> list[Version]:
        """The first versions of these, which are all there."""
        async with self._sights.looking(vids[-1]) as (session, head):
            match = {**of_types(types or head.types), "_id": {"$in": list(vids)}}
            found = versions_of(await self._one_batch(match, session, len(vids)))
        if not all(version.has_content for version in found):
            raise Gone.of(PAGE_EXPIRED)  # They were there when they were found.
        return found

    async def _one_batch(self, match: Document, session: Any, limit: int, *, hint: str | None = None) -> list[Document]:
        """At most ``limit`` versions in commit order, and not more than one reply of the server holds: 16 MB."""
        cursor = self._version.find(match, BODY, session=session, batch_size=limit, hint=hint)
        return await cursor.sort("_id", 1).limit(-limit).to_list()


def _page(at: int, versions: tuple[Version, ...], rows: Sequence[Row], *, has_next: bool, has_previous: bool) -> Page:
    if not rows:
        return Page((), at)
    after = cursor_after(at, rows[-1].values, rows[-1].vid) if has_next else None
    before = cursor_after(at, rows[0].values, rows[0].vid, backward=True) if has_previous else None
    return Page(versions, at, after, before)


def _unexpunged(position: int | None, head: Head) -> int:
    if position is not None and position < head.expunged:
        raise Gone.of(PAGE_EXPIRED)
    return at_most(position, head)


def _searchable(at: int, head: Head) -> int:
    if at < head.expired:
        raise Gone.of(PAGE_EXPIRED)
    return at


def _chunks(places: Iterable[str]) -> Iterable[Sequence[str]]:
    ordered = sorted(places)
    return (ordered[start : start + _KEYS] for start in range(0, len(ordered), _KEYS))
