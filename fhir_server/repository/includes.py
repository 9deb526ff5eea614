"""What a page of matches includes. https://hl7.org/fhir/R4/search.html#revinclude

All at the position of the page. An answer is whole or refused: ``TooCostly`` above ``MAX_INCLUDED`` resources.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from conformance.errors import TooCostly
from conformance.json_codec import decode
from fhir_server.repository.visibility import narrowed, only_visible
from fhir_server.search import Include, Indexer, SearchRequest
from fhir_server.search.messages import TOO_MANY_INCLUDED
from fhir_server.store.protocol import Key, Store, Version
from fhir_server.store.query import Or, Predicate, Query, ReferenceTerm

MAX_INCLUDED = 10_000


class Including:
    """Collects what one page includes, each resource once."""

    def __init__(self, store: Store, indexer: Indexer, position: int, visible: Predicate) -> None:
        self._store = store
        self._indexer = indexer
        self._position = position
        self._visible = visible
        self._seen: set[Key] = set()
        self._found: list[Version] = []

    async def collect(self, matches: Sequence[Version], request: SearchRequest) -> tuple[Version, ...]:
        """What the includes of ``request`` add to ``matches``, in the order in which it was reached."""
        self._seen.update(version.key for version in matches)
        added = await self._round(matches, request.includes, request.revincludes)
        again = [include for include in request.includes if include.iterate]
        again_reverse = [include for include in request.revincludes if include.iterate]
        while added and (again or again_reverse):
            added = await self._round(added, again, again_reverse)
        return tuple(self._found)

    async def _round(
        self, sources: Sequence[Version], includes: Iterable[Include], revincludes: Iterable[Include]
    ) -> list[Version]:
        added: list[Version] = []
        keys, canonicals = self._targets(sources, includes)
        if keys:
            found = await self._store.read_many(keys, self._position)
            order = {key: place for place, key in enumerate(keys)}
            found.sort(key=lambda version: order[version.key])
            added += self._add(await only_visible(self._store, found, self._visible, self._position))
        for target, urls in canonicals.items():
            added += await self._published(target, urls)
        for include in revincludes:
            added += await self._sources(sources, include)
        return added

    def _targets(
        self, sources: Sequence[Version], includes: Iterable[Include]
    ) -> tuple[list[Key], dict[str | None, list[str]]]:
        """What the includes lead to from ``sources``: keys that are not there already, and canonicals by type."""
        wanted: dict[Key, None] = {}
        canonicals: dict[str | None, list[str]] = {}
        by_type: dict[str, list[Include]] = {}
        for include in includes:
            by_type.setdefault(include.source, []).append(include)
        for version in sources:
            asked = by_type.get(version.key.type)
            for target, narrowed_to in self._referred(version, asked or ()):
                key = local_key(target)
                if key is not None and narrowed_to in (None, key.type):
                    wanted[key] = None
                elif "://" in target or target.startswith("urn:"):
                    canonicals.setdefault(narrowed_to, []).append(target)
        return [key for key in wanted if key not in self._seen], canonicals

    def _referred(self, version: Version, includes: Sequence[Include]) -> Iterable[tuple[str, str | None]]:
        """Each reference that is followed, with the type that the include narrows it to."""
        references = self._indexer.references(decode(version.body)) if includes else []
        # A canonical with a version has an entry without it too, which is not what the resource says.
        bare = {target.partition("|")[0] for _, target in references if "|" in target}
        for include in includes:
            for param, target in references:
                if param in include.params and target not in bare:
                    yield target, include.target

    async def _published(self, target: str | None, urls: Sequence[str]) -> list[Version]:
        """Resources that are published under these canonicals. https://hl7.org/fhir/R4/references.html#canonical"""
        registry = self._indexer.registry
        named = [
            registry.of_canonical(url, (target,) if target else registry.resource_types) for url in dict.fromkeys(urls)
        ]
        types = named[0][0]
        if not types:
            return []
        query = Query(types, narrowed(Or(tuple(where for _, where in named)), self._visible))
        page = await self._store.search(query, limit=MAX_INCLUDED + 1, position=self._position)
        return self._add(page.versions)

    async def _sources(self, targets: Sequence[Version], include: Include) -> list[Version]:
        """Resources of the include's type that refer to one of ``targets``."""
        asked = [version for version in targets if include.target in (None, version.key.type)]
        names = {str(version.key) for version in asked} | self._canonicals(asked, include)
        # What says a version has an entry without it too: it is told from those that mean this one below.
        bare = sorted({name.partition("|")[0] for name in names})
        terms = tuple(ReferenceTerm(param, target) for target in bare for param in include.params)
        if not terms:
            return []
        query = Query((include.source,), narrowed(Or(terms), self._visible))
        page = await self._store.search(query, limit=MAX_INCLUDED + 1, position=self._position)
        if len(bare) == len(asked) or page.next:
            return self._add(page.versions)
        follow = (replace(include, target=None),)
        return self._add([one for one in page.versions if names & {name for name, _ in self._referred(one, follow)}])

    def _canonicals(self, targets: Sequence[Version], include: Include) -> set[str]:
        """What published resources are called by parameters that may hold canonicals: ``url`` and ``url|version``."""
        if not self._indexer.registry.may_name_canonicals(include.source, include.params):
            return set()
        named: set[str] = set()
        for url, version in (_published_as(decode(target.body)) for target in targets):
            named |= {url, f"{url}|{version}"} if version else {url}
        return named - {""}

    def _add(self, versions: Sequence[Version]) -> list[Version]:
        new = [version for version in versions if version.key not in self._seen]
        if len(self._found) + len(new) > MAX_INCLUDED:
            raise TooCostly.of(TOO_MANY_INCLUDED, limit=MAX_INCLUDED)
        self._seen.update(version.key for version in new)
        self._found += new
        return new


def _published_as(resource: dict[str, Any]) -> tuple[str, str]:
    url, version = resource.get("url"), resource.get("version")
    return (url, version if isinstance(version, str) else "") if isinstance(url, str) else ("", "")


def local_key(reference: str) -> Key | None:
    """The key that "Type/id" names; None for an absolute URL, a canonical or anything else."""
    name, slash, logical_id = reference.partition("/")
    if not slash or "/" in logical_id or not name.isalpha() or not logical_id:
        return None
    return Key(name, logical_id)
