"""Search: index entries from resources, and query text to predicates. https://hl7.org/fhir/R4/search.html"""

from fhir_server.search.indexer import Indexer
from fhir_server.search.parse import parse_search
from fhir_server.search.registry import SearchRegistry
from fhir_server.search.request import CURSOR, DEFAULT_COUNT, MAX_COUNT, Include, SearchRequest, Summary, Total

__all__ = [
    "CURSOR",
    "DEFAULT_COUNT",
    "MAX_COUNT",
    "Include",
    "Indexer",
    "SearchRegistry",
    "SearchRequest",
    "Summary",
    "Total",
    "parse_search",
]
