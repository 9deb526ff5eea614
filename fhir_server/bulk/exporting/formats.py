"""Formats of the files, as a registry. https://hl7.org/fhir/uv/bulkdata/export.html#file-formats"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from fhir_server.bulk.exporting.order import NDJSON


class Sink(Protocol):
    """Where the bytes of a file go."""

    def write(self, data: bytes, /) -> object:
        """Append."""
        ...


class Encoder(Protocol):
    """Writes the resources of one file."""

    def write(self, resources: Sequence[bytes]) -> None:
        """Add resources, each as JSON without line breaks."""
        ...

    def finish(self) -> None:
        """Write what belongs at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """``encoder`` takes the sink and the resource type of a file."""

    media_type: str
    names: tuple[str, ...]
    """What ``_outputFormat`` may call it."""
    suffix: str
    encoder: Callable[[Sink, str], Encoder]


class Lines:
    """https://github.com/ndjson/ndjson-spec"""

    def __init__(self, sink: Sink, _type: str) -> None:
        self._sink = sink

    def write(self, resources: Sequence[bytes]) -> None:
        """See ``Encoder.write``."""
        self._sink.write(b"\n".join((*resources, b"")))

    def finish(self) -> None:
        """Nothing: every line is whole."""


#: Every format by its media type.
FORMATS: Mapping[str, Format] = MappingProxyType(
    {NDJSON: Format(NDJSON, (NDJSON, "application/ndjson", "ndjson"), "ndjson", Lines)}
)


def format_named(name: str) -> Format | None:
    """The format that ``_outputFormat`` names; a ``+`` that arrived as a blank is understood."""
    wanted = name.strip().replace(" ", "+").lower()
    return next((row for row in FORMATS.values() if wanted in row.names), None)
