"""``_typeFilter``: searches that limit what is exported of a type.

https://hl7.org/fhir/uv/bulkdata/export.html#_typefilter-experimental-query-parameter
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timezone

from conformance.errors import BadRequest
from fhir_server.bulk.exporting.messages import RESULT_PARAMETER
from fhir_server.exchange.url import query_pairs
from fhir_server.search import SearchRegistry, parse_search
from fhir_server.store.query import Or, Predicate

#: Where one query ends and the next begins: a comma inside of a query is followed by something else.
_BETWEEN = re.compile(r",(?=\s*[A-Z][A-Za-z]*\?)")
#: Parameters that shape an answer rather than select. https://hl7.org/fhir/R4/search.html#return
_SHAPING = frozenset(
    (
        "_sort",
        "_count",
        "_include",
        "_revinclude",
        "_summary",
        "_total",
        "_elements",
        "_contained",
        "_cursor",
        "_format",
    )
)


def split_filters(text: str) -> list[str]:
    """The queries of one parameter value."""
    return [query.strip() for query in _BETWEEN.split(text) if query.strip()]


def type_of(query: str) -> str:
    """The resource type of a query; "" when it is none."""
    name, mark, _ = query.partition("?")
    return name if mark else ""


def predicates(
    queries: Iterable[str], registry: SearchRegistry, *, zone: timezone, base_url: str, now: int
) -> dict[str, Predicate]:
    """Type -> what its resources must satisfy: one of its queries. Raises BadRequest."""
    found: dict[str, list[Predicate]] = {}
    for query in queries:
        name, _, text = query.partition("?")
        pairs = query_pairs(text)
        shaping = next((key for key, _ in pairs if key.partition(":")[0] in _SHAPING), None)
        if shaping:
            raise BadRequest.of(RESULT_PARAMETER, parameter=shaping)
        search = parse_search(name, pairs, registry, zone=zone, base_url=base_url, now=now)
        found.setdefault(name, []).append(search.query.where)
    return {name: each[0] if len(each) == 1 else Or(tuple(each)) for name, each in found.items()}
