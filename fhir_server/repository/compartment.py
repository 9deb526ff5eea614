"""A compartment as a walk: its focus, its members, and what these refer to.

https://hl7.org/fhir/R4/patient-operation-everything.html, https://hl7.org/fhir/R4/compartmentdefinition.html
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from fhir_server.repository.includes import local_key
from fhir_server.repository.visibility import narrowed, only_visible
from fhir_server.search import SearchRegistry
from fhir_server.search.compartments import referring_to
from fhir_server.search.places import local
from fhir_server.store.protocol import Key, Store, Version
from fhir_server.store.query import Predicate, Query

_CHUNK = 500


@dataclass(slots=True)
class Everything:
    """One walk at one position. ``types`` (none means all) and ``since`` limit what is given, not what is followed."""

    store: Store
    registry: SearchRegistry
    focus: Version
    position: int
    visible: Predicate
    types: frozenset[str] = frozenset()
    since: int | None = None
    base_url: str = ""
    _seen: set[Key] = field(default_factory=set)
    _referred: dict[Key, None] = field(default_factory=dict)

    async def chunks(self) -> AsyncIterator[list[Version]]:
        """Versions in chunks, each resource once: the focus, the members as they came, then what they refer to."""
        given = self._take([self.focus])
        if given:
            yield given
        async for chunk in self._members():
            yield chunk
        async for chunk in self._supporting():
            yield chunk

    async def _members(self) -> AsyncIterator[list[Version]]:
        where = referring_to(self.registry, self.focus.key)
        query = Query((), narrowed(where, self.visible))
        page = await self.store.search(query, limit=_CHUNK, position=self.position)
        while True:
            given = self._take(page.versions)
            if given:
                yield given
            if page.next is None:
                return
            page = await self.store.search(query, limit=_CHUNK, cursor=page.next)

    async def _supporting(self) -> AsyncIterator[list[Version]]:
        """What the members refer to, one step, other than foci of other compartments of the same kind."""
        keys = [key for key in self._referred if key not in self._seen and key.type != self.focus.key.type]
        for start in range(0, len(keys), _CHUNK):
            found = await self.store.read_many(keys[start : start + _CHUNK], self.position)
            seen = await only_visible(self.store, found, self.visible, self.position)
            given = self._given(sorted(seen, key=lambda version: version.key))
            if given:
                yield given

    def _take(self, versions: Sequence[Version]) -> list[Version]:
        new = [version for version in versions if version.key not in self._seen]
        for version in new:
            self._seen.add(version.key)
            self._referred.update(dict.fromkeys(self._references(version)))
        return self._given(new)

    def _given(self, versions: Sequence[Version]) -> list[Version]:
        return [
            version
            for version in versions
            if (not self.types or version.key.type in self.types)
            and (self.since is None or version.last_updated >= self.since)
        ]

    def _references(self, version: Version) -> Iterator[Key]:
        for text in stored_reference_texts(version.body):
            key = local_key(local(text, self.base_url))
            if key is not None:
                yield key


def reference_texts(value: Any) -> Iterator[str]:
    """Every ``reference`` text inside a decoded resource."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            text = one.get("reference")
            if isinstance(text, str):
                yield text
            waiting.extend(inner for inner in one.values() if isinstance(inner, (dict, list)))


_member = re.compile(rb'"reference":("[^"\\]*(?:\\.[^"\\]*)*")').finditer
_text = msgspec.json.Decoder(str).decode


def stored_reference_texts(body: bytes) -> Iterator[str]:
    """The same of stored JSON: it has no blanks between its parts, and the quotes inside its texts are escaped."""
    return (_text(match[1]) for match in _member(body))
