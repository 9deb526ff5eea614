"""Value sets and code systems that are stored here, for the searches that name them. https://hl7.org/fhir/R4/search.html#token

They are read before the search is understood: those that its ``:in``, ``:not-in``, ``:above`` and ``:below`` name, and
those that these are made of. What is stored goes before what is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.definitions.versions import order
from conformance.errors import TooCostly
from conformance.json_codec import decode
from fhir_server.repository.visibility import narrowed, only_visible
from fhir_server.search import SearchRegistry
from fhir_server.search.escaping import split, unescape
from fhir_server.search.messages import TOO_LONG
from fhir_server.search.places import local
from fhir_server.search.vocabulary import PublishedVocabulary, Vocabulary
from fhir_server.store.protocol import Key, Store
from fhir_server.store.query import Predicate, Query
from terminology.membership import Resources

VALUE_SET, CODE_SYSTEM = "ValueSet", "CodeSystem"

#: Canonicals that one search may lead to.
MAX_READ = 200
#: Versions of one canonical that are looked at for the latest.
_VERSIONS = 100

_SETS = (":in", ":not-in")
_HIERARCHIES = (":above", ":below")

Raw = Mapping[str, Any]


class StoredVocabulary:
    """Reads what one search names, at most ``MAX_READ`` resources."""

    def __init__(self, store: Store, registry: SearchRegistry, base_url: str, visible: Predicate) -> None:
        self._store = store
        self._registry = registry
        self._base_url = base_url
        self._visible = visible
        self._read: dict[tuple[str, str], Raw | None] = {}

    async def of(self, pairs: Sequence[tuple[str, str]]) -> Vocabulary:
        """The vocabulary for a search: the published one when it names nothing that is stored. Raises TooCostly."""
        waiting = list(self._named(pairs))
        while waiting:
            place = waiting.pop()
            if place not in self._read:
                if len(self._read) >= MAX_READ:
                    raise TooCostly.of(TOO_LONG, limit=MAX_READ, what="value sets and code systems to read")
                found = self._read[place] = await self._found(*place)
                waiting += _parts(found) if found else ()
        if not any(self._read.values()):
            return self._registry.vocabulary
        return PublishedVocabulary(_Together(self._read, self._registry.definitions))

    def _named(self, pairs: Sequence[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        for name, value in pairs:
            if name.endswith(_SETS):
                texts = (local(unescape(text), self._base_url) for text in split(value, ","))
                yield from ((VALUE_SET, text.removeprefix(f"{VALUE_SET}/")) for text in texts)
            elif name.endswith(_HIERARCHIES):
                systems = (unescape(split(text, "|", 1)[0]) for text in split(value, ","))
                yield from ((CODE_SYSTEM, system) for system in systems if ":" in system)

    async def _found(self, type: str, canonical: str) -> Raw | None:
        """The resource of an id, or the latest version of a URL, as far as it is visible."""
        if ":" not in canonical:
            version = await self._store.read(Key(type, canonical))
            versions = [version] if version and not version.is_deleted else []
            rows = await only_visible(self._store, versions, self._visible, None)
        else:
            types, where = self._registry.of_canonical(canonical, (type,))
            page = await self._store.search(Query(types, narrowed(where, self._visible)), limit=_VERSIONS)
            rows = list(page.versions)
        return max((decode(row.body) for row in rows), key=lambda raw: order(str(raw.get("version", ""))), default=None)


def _parts(resource: Raw) -> list[tuple[str, str]]:
    """What a value set is made of."""
    compose = resource.get("compose", {})
    rows = [*compose.get("include", ()), *compose.get("exclude", ())]
    sets = [(VALUE_SET, canonical) for row in rows for canonical in row.get("valueSet", ())]
    return sets + [(CODE_SYSTEM, row["system"]) for row in rows if "system" in row]


class _Together:
    """What was read, then what is published."""

    def __init__(self, read: Mapping[tuple[str, str], Raw | None], published: Resources) -> None:
        self._read = {place: resource for place, resource in read.items() if resource is not None}
        self._published = published

    def value_set(self, canonical: str) -> Raw | None:
        """See ``Resources``."""
        return self._of(VALUE_SET, canonical) or self._published.value_set(canonical)

    def code_system(self, canonical: str) -> Raw | None:
        """See ``Resources``."""
        return self._of(CODE_SYSTEM, canonical) or self._published.code_system(canonical)

    def _of(self, type: str, canonical: str) -> Raw | None:
        found = self._read.get((type, canonical))
        if found is None:  # a value set that was asked for by its id is expanded by its URL
            same = (one for (of, _), one in self._read.items() if of == type and one.get("url") == canonical)
            found = next(same, None)
        return found
