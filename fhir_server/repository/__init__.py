"""The only door to the store: ids, versions, index entries, one ``transact``."""

from fhir_server.repository.prepare import prepare
from fhir_server.repository.repository import HistoryPage, Repository, Resolution, SearchPage

__all__ = ["HistoryPage", "Repository", "Resolution", "SearchPage", "prepare"]
