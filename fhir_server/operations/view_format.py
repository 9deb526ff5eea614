"""Which table an answer is: what ``_format`` names, else what the Accept header ranks first.

https://sql-on-fhir.org/ig/operations-common.html#output-formats, https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from conformance.errors import NotAcceptable
from fhir_server.bulk.tables.registry import TABLES, Table, table_named
from fhir_server.exchange.headers import MediaRange, media_ranges
from fhir_server.operations import view_messages as messages

DEFAULT = "ndjson"


class Written(NamedTuple):
    """A format, and what its answer is called."""

    table: Table
    media_type: str


def format_named(text: str) -> Table:
    """The format that ``_format`` names. Raises NotAcceptable for none of ours, NotSupported for one not written."""
    table = table_named(text)
    if table is None:
        raise NotAcceptable.of(messages.NO_SUCH_TABLE, format=text, formats=", ".join(TABLES))
    table.require()
    return table


def written(asked: str | None, accept: str) -> Written:
    """How the answer is written; NDJSON where the client does not care.

    ``_format`` goes before the header, unless that has a place for resources alone. Raises as ``format_named``.
    """
    best = _best(accept) if accept.strip() else Written(TABLES[DEFAULT], TABLES[DEFAULT].media_types[0])
    if asked is not None:
        table = format_named(asked)
        if best is None and _wants_resources(accept):
            raise NotAcceptable.of(messages.NO_ENVELOPE, media_type=table.media_types[0])
        return Written(table, best.media_type if best and best.table is table else table.media_types[0])
    if best is None:
        message = messages.NO_ENVELOPE if _wants_resources(accept) else messages.NO_TABLE_ACCEPTED
        told = ", ".join(table.media_types[0] for table in TABLES.values())
        raise NotAcceptable.of(message, accept=accept, media_type=told)
    best.table.require()
    return best


@lru_cache(maxsize=256)
def _best(accept: str) -> Written | None:
    """The first by weight, then by how exactly and how early it is named, then in the order of the registry."""
    ranges = media_ranges(accept)
    found = None
    highest: tuple[float, int, int] = (0.0, 0, 0)
    for table in TABLES.values():
        for name in table.media_types:
            rank = _rank(name, ranges)
            if rank is not None and rank[0] > 0 and (found is None or rank > highest):
                found, highest = Written(table, name), rank
    return found


def _rank(name: str, ranges: Sequence[MediaRange]) -> tuple[float, int, int] | None:
    """The weight of a media type, by the range that names it most exactly; None when no range means it."""
    matching = [(row.precision(name), -place, row.weight) for place, row in enumerate(ranges)]
    precision, place, weight = max(matching, default=(0, 0, 0.0))
    return (weight, precision, place) if precision else None


def _wants_resources(accept: str) -> bool:
    return all(row.name.startswith("application/fhir+") for row in media_ranges(accept))
