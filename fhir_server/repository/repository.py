"""The only door to the store: versions in, versions out, in FHIR's terms. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.definitions import Definitions
from conformance.errors import BadRequest, Gone, NotFound
from fhir_server.repository.compartment import Everything
from fhir_server.repository.cursors import Cursors
from fhir_server.repository.includes import Including
from fhir_server.repository.messages import DELETED, NO_CRITERIA, NOT_FOUND, VERSION_DELETED, VERSION_NOT_FOUND
from fhir_server.repository.prepare import prepare
from fhir_server.repository.visibility import narrowed, only_visible, visible_keys
from fhir_server.repository.vocabulary import StoredVocabulary
from fhir_server.search import DEFAULT_COUNT, Indexer, SearchRegistry, SearchRequest, Total, parse_search
from fhir_server.search.vocabulary import Vocabulary
from fhir_server.store.meaning import Subject, holds
from fhir_server.store.protocol import (
    Cursor,
    Expect,
    Guard,
    Key,
    Outcome,
    Page,
    Store,
    Unit,
    Version,
    Write,
)
from fhir_server.store.query import ALL, Predicate, Query, is_judged_alone

#: The ids that a store gives to versions.
_is_version_id = re.compile("[1-9][0-9]{0,14}").fullmatch


@dataclass(frozen=True, slots=True)
class SearchPage:
    """One page: matches in order, what they include, texts of the cursors beside it, the total when it is known."""

    matches: tuple[Version, ...]
    included: tuple[Version, ...]
    next: str | None
    total: int | None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Versions newest first, deletions included, and the texts of the cursors after and before them."""

    versions: tuple[Version, ...]
    next: str | None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """What conditional criteria found: at most two keys, and the guard that keeps it true until the commit."""

    keys: tuple[Key, ...]
    guard: Guard


class Repository:
    """Reads and writes of one store. ``visible`` limits every read to the versions that satisfy it.

    ``cursor_key`` seals page links; the processes that serve one store must share it.
    """

    def __init__(self, store: Store, indexer: Indexer, definitions: Definitions, *, cursor_key: bytes = b"") -> None:
        self.store = store
        self.indexer = indexer
        self.definitions = definitions
        self._cursors = Cursors(cursor_key)

    @property
    def registry(self) -> SearchRegistry:
        """The search parameters that are indexed here."""
        return self.indexer.registry

    # -- instances

    async def read(self, type: str, id: str, *, visible: Predicate = ALL, position: int | None = None) -> Version:
        """The version that is current now or at ``position``. Raises NotFound, or Gone when it is deleted."""
        key = Key(type, id)
        version = await self.store.read(key, position)
        if version is None or not await visible_keys(self.store, (key,), visible, position):
            raise NotFound.of(NOT_FOUND, key=key)
        if version.is_deleted:
            raise Gone.of(DELETED, key=key).since(version.version_id, version.last_updated)
        return version

    async def vread(self, type: str, id: str, version_id: str, *, visible: Predicate = ALL) -> Version:
        """This version. Raises NotFound, or Gone for the version that a delete made."""
        key = Key(type, id)
        number = int(version_id) if _is_version_id(version_id) else 0
        version = await self.store.vread(key, number) if number else None
        if version is None or not await visible_keys(self.store, (key,), visible, None):
            raise NotFound.of(VERSION_NOT_FOUND, key=key, version=version_id)
        if version.is_deleted:
            raise Gone.of(VERSION_DELETED, key=key, version=version_id).since(number, version.last_updated)
        return version

    async def read_many(
        self, keys: Sequence[Key], *, visible: Predicate = ALL, position: int | None = None
    ) -> list[Version]:
        """The live versions of these keys in the order of the keys; what is missing is left out."""
        found = await only_visible(self.store, await self.store.read_many(keys, position), visible, position)
        by_key = {version.key: version for version in found}
        return [by_key[key] for key in dict.fromkeys(keys) if key in by_key]

    async def history(
        self,
        type: str | None,
        id: str | None,
        *,
        limit: int,
        since: int | None = None,
        during: tuple[int, int] | None = None,
        cursor: str | None = None,
        visible: Predicate = ALL,
    ) -> HistoryPage:
        """Versions of an instance, a type or the system. Raises NotFound for an instance that never was.

        ``since`` and ``during`` are in microseconds and mean what the store says. A page may be shorter than
        ``limit`` when some versions are not visible.
        """
        purpose = ("history", type, id, since, during)
        start = self._cursors.decode(cursor, purpose) if cursor is not None else None
        types = () if type is None else (type,)
        page = await self.store.history(types, id, limit=limit, since=since, during=during, cursor=start)
        versions = await only_visible(self.store, page.versions, visible, None)
        if type is not None and id is not None and not versions and start is None:
            await self._require(Key(type, id), visible)
        return HistoryPage(tuple(versions), self._next(page.next, purpose), self._next(page.previous, purpose))

    async def _require(self, key: Key, visible: Predicate) -> None:
        if await self.store.read(key) is None or not await visible_keys(self.store, (key,), visible, None):
            raise NotFound.of(NOT_FOUND, key=key)

    # -- writes

    def write(self, resource: dict[str, Any], expect: int = Expect.ANY) -> Write:
        """A write of this resource (resourceType and id set), ready for a unit."""
        return prepare(resource, self.indexer, expect=expect)

    def deletion(self, type: str, id: str, expect: int = Expect.ANY) -> Write:
        """A delete, ready for a unit."""
        return Write(Key(type, id), None, expect=expect)

    async def transact(self, units: Sequence[Unit]) -> list[Outcome]:
        """Apply units; one outcome each, refusals as data."""
        return await self.store.transact(units)

    async def resolve(self, type: str, criteria: Sequence[tuple[str, str]], *, visible: Predicate = ALL) -> Resolution:
        """What the search criteria of a conditional interaction match. Raises BadRequest."""
        query = self._conditions(type, criteria, visible)
        page = await self.store.search(query, limit=2)
        keys = tuple(version.key for version in page.versions)
        return Resolution(keys, Guard(query, keys[0] if keys else None))

    async def matches(
        self, type: str, criteria: Sequence[tuple[str, str]], *, limit: int, visible: Predicate = ALL
    ) -> tuple[Version, ...]:
        """All versions that the criteria of a conditional interaction match, at most ``limit``. Raises BadRequest."""
        page = await self.store.search(self._conditions(type, criteria, visible), limit=limit)
        return page.versions

    def would_match(self, guard: Guard, resources: Mapping[Key, dict[str, Any]], *, now: int) -> tuple[Key, ...]:
        """Which of ``resources``, that are about to be stored, the query of ``guard`` will match.

        Criteria that look at other resources (chains) match none of them. ``now`` is in microseconds.
        """
        if not is_judged_alone(guard.query.where):
            return ()
        return tuple(
            key
            for key, resource in resources.items()
            if key.type in guard.query.types and holds(guard.query.where, self._subject(key, resource, now))
        )

    def _subject(self, key: Key, resource: dict[str, Any], now: int) -> Subject:
        write = self.write({**resource, "resourceType": key.type, "id": key.id})
        return Subject(key.id, now, write.entries, frozenset(write.labels), key.type)

    def _conditions(self, type: str, criteria: Sequence[tuple[str, str]], visible: Predicate) -> Query:
        request = parse_search(
            type, criteria, self.registry, zone=self.indexer.zone, base_url=self.indexer.base_url, strict=True
        )
        if request.query.where == ALL:
            raise BadRequest.of(NO_CRITERIA)
        return Query(request.query.types, narrowed(request.query.where, visible))

    # -- searches

    async def vocabulary(self, pairs: Sequence[tuple[str, str]], *, visible: Predicate = ALL) -> Vocabulary:
        """Where the value sets and hierarchies that a search names come from: stored here, or published."""
        return await StoredVocabulary(self.store, self.registry, self.indexer.base_url, visible).of(pairs)

    async def search(self, request: SearchRequest, *, visible: Predicate = ALL) -> SearchPage:
        """A page of matches with its includes, all at one position.

        Raises BadRequest for a cursor that is not of this search, Gone for one past the paging horizon.
        """
        query = Query(request.query.types, narrowed(request.query.where, visible), request.query.sort)
        purpose = ("search", request.query.types, request.compartment, request.self_pairs)
        start = self._cursors.decode(request.cursor, purpose) if request.cursor is not None else None
        if request.is_count_only:
            return SearchPage((), (), None, await self.store.count(query, start.position if start else None))
        limit = DEFAULT_COUNT if request.count is None else request.count
        page = await self.store.search(query, limit=limit, cursor=start)
        included: tuple[Version, ...] = ()
        if request.includes or request.revincludes:
            included = await Including(self.store, self.indexer, page.position, visible).collect(page.versions, request)
        total = await self._total(request, query, page)
        following, previous = self._next(page.next, purpose), self._next(page.previous, purpose)
        return SearchPage(page.versions, included, following, total, previous)

    async def _total(self, request: SearchRequest, query: Query, page: Page) -> int | None:
        """The number of matches: when it is asked for, or when the only page tells it."""
        if request.cursor is None and page.next is None:
            return len(page.versions)
        if request.total in (Total.ACCURATE, Total.ESTIMATE):
            return await self.store.count(query, page.position)
        return None

    def _next(self, cursor: Cursor | None, purpose: object) -> str | None:
        return None if cursor is None else self._cursors.encode(cursor, purpose)

    async def count(self, query: Query, *, visible: Predicate = ALL) -> int:
        """The exact number of matches now."""
        return await self.store.count(Query(query.types, narrowed(query.where, visible)))

    async def counts(self) -> Mapping[str, int]:
        """Live resources by type."""
        return await self.store.counts()

    async def everything(
        self,
        type: str,
        id: str,
        *,
        types: Sequence[str] = (),
        since: int | None = None,
        visible: Predicate = ALL,
    ) -> AsyncIterator[list[Version]]:
        """The focus, its compartment by the definitions, and what these refer to, in chunks, each resource once.

        All at one position. Raises NotFound, or Gone for a deleted focus.
        """
        position = await self.store.position()
        focus = await self.read(type, id, visible=visible, position=position)
        walk = Everything(
            self.store, self.registry, focus, position, visible, frozenset(types), since, self.indexer.base_url
        )
        async for chunk in walk.chunks():
            yield chunk
