"""How resources are indexed under the settings of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fhir_server.search import Indexer
    from fhir_server.settings import Settings


def indexer_of(values: Settings) -> Indexer:
    """The indexer that writes under these settings have used."""
    from conformance.packages import load
    from fhir_server.search import Indexer, SearchRegistry

    definitions = load()
    registry = SearchRegistry(definitions, full_text=values.full_text == "on")
    return Indexer(definitions, values.timezone, values.base_url, registry)
