"""Formats of tables, as a registry. https://sql-on-fhir.org/ig/operations-common.html#output-formats"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from conformance.views import Column
from fhir_server.bulk.exporting.encoders import Encoder, Sink
from fhir_server.bulk.exporting.order import PARQUET
from fhir_server.bulk.tables.availability import require_parquet
from fhir_server.bulk.tables.text_rows import CsvRows, JsonRows, NdjsonRows


class MakeRows(Protocol):
    """Makes the encoder of one table."""

    def __call__(self, sink: Sink, columns: Sequence[Column], *, header: bool) -> Encoder:
        """``header`` says whether CSV begins with the names of the columns."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """One format. ``require`` raises NotSupported when it cannot be written here."""

    name: str
    media_types: tuple[str, ...]
    """The one that is sent first; the others are understood in an Accept header."""
    make: MakeRows
    require: Callable[[], None] = lambda: None


def _parquet(sink: Sink, columns: Sequence[Column], *, header: bool) -> Encoder:
    from fhir_server.bulk.tables.parquet_rows import ParquetRows  # noqa: PLC0415  an optional dependency

    return ParquetRows(sink, columns, header=header)


#: Every format by its name.
TABLES: Mapping[str, Table] = MappingProxyType(
    {
        row.name: row
        for row in (
            Table("ndjson", ("application/x-ndjson", "application/ndjson", "application/fhir+ndjson"), NdjsonRows),
            Table("csv", ("text/csv",), CsvRows),
            Table("json", ("application/json",), JsonRows),
            Table("parquet", (PARQUET, "application/octet-stream"), _parquet, require_parquet),
        )
    }
)


def table_named(text: str) -> Table | None:
    """The format that ``_format`` names, by its name or a media type."""
    wanted = text.strip().replace(" ", "+").lower()
    return TABLES.get(wanted) or next((row for row in TABLES.values() if wanted in row.media_types), None)
