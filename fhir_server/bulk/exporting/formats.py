"""Formats of the files, as a registry. https://hl7.org/fhir/uv/bulkdata/export.html#file-formats"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from conformance.definitions import Definitions
from fhir_server.bulk.exporting.encoders import Encode, lines
from fhir_server.bulk.exporting.order import NDJSON, PARQUET
from fhir_server.bulk.exporting.state import Part
from fhir_server.bulk.tables.availability import require_parquet


@dataclass(frozen=True, slots=True)
class Format:
    """``encode`` makes what one export needs to write its files."""

    media_type: str
    names: tuple[str, ...]
    """What ``_outputFormat`` may call it."""
    suffix: str
    encode: Callable[[Definitions], Encode]
    require: Callable[[], None]
    """Raises NotSupported when the format cannot be written here."""


def _parquet(definitions: Definitions) -> Encode:
    from fhir_server.bulk.tables.parquet_resources import parquet_files  # noqa: PLC0415  an optional dependency

    return parquet_files(definitions)


#: Every format by its media type.
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        row.media_type: row
        for row in (
            Format(NDJSON, (NDJSON, "application/ndjson", "ndjson"), "ndjson", lambda _: lines, lambda: None),
            Format(PARQUET, (PARQUET, "parquet"), "parquet", _parquet, require_parquet),
        )
    }
)


def format_named(name: str) -> Format | None:
    """The format that ``_outputFormat`` names; a ``+`` that arrived as a blank is understood."""
    wanted = name.strip().replace(" ", "+").lower()
    return next((row for row in FORMATS.values() if wanted in row.names), None)


def file_type(part: Part, format: str) -> str:
    """The media type of a file of a part, in an export of this format."""
    return format if part is Part.OUTPUT else NDJSON
