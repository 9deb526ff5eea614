"""How resources are indexed: one rule for servers, jobs and commands, or what one writes another would not find.

https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.json_codec import encode
from conformance.packages import load
from fhir_server.repository.in_force import in_force, parameters_of
from fhir_server.search import Indexer, SearchRegistry
from fhir_server.settings import Settings, parse_zone
from fhir_server.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Indexing:
    """A recipe that any process can follow. ``base_url`` is that of the server: references below it are local."""

    zone: str
    base_url: str
    full_text: bool = False
    parameters: bytes = b"[]"
    """The SearchParameters in force, as ``parameters_of`` reads them."""

    def with_parameters(self, parameters: Sequence[dict[str, Any]]) -> Indexing:
        """The same with these SearchParameters and no other."""
        return replace(self, parameters=encode(list(parameters)))

    def indexer(self) -> Indexer:
        """The indexer. Raises Unprocessable for a SearchParameter that cannot be used."""
        definitions = load()
        registry = SearchRegistry(definitions, extra=parameters_of(self.parameters), full_text=self.full_text)
        return Indexer(definitions, parse_zone(self.zone), self.base_url, registry)


def indexing(settings: Settings, parameters: bytes = b"[]") -> Indexing:
    """The recipe of these settings, with SearchParameters as ``in_force`` gives them."""
    return Indexing(settings.zone, settings.own_base_url, settings.full_text == "on", parameters)


async def indexing_of(settings: Settings, store: Store) -> Indexing:
    """The recipe of a store, with the SearchParameters that are in force there now."""
    return indexing(settings, await in_force(store))
