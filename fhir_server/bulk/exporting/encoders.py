"""What writes a file of an export, and the one of NDJSON. https://github.com/ndjson/ndjson-spec"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from fhir_server.bulk.exporting.state import Part


class Sink(Protocol):
    """Where the bytes of a file go."""

    def write(self, data: bytes, /) -> object:
        """Append."""
        ...


class Encoder(Protocol):
    """Writes what one file holds."""

    def write(self, rows: Sequence[Any], /) -> None:
        """Add resources, each as JSON without line breaks; in a file of a table, rows or what gives them."""
        ...

    def finish(self) -> None:
        """Write what belongs at the end."""
        ...

    def drop(self) -> None:
        """Forget what is not written: the file is of no use any more."""
        ...


#: Makes the encoder of a file from its sink, its part of the manifest and its resource type.
Encode: TypeAlias = Callable[[Sink, Part, str], Encoder]


class Lines:
    """https://github.com/ndjson/ndjson-spec"""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, resources: Sequence[bytes], /) -> None:
        """See ``Encoder.write``."""
        self._sink.write(b"\n".join((*resources, b"")))

    def finish(self) -> None:
        """Nothing: every line is whole."""

    def drop(self) -> None:
        """Nothing is held."""


def lines(sink: Sink, _part: Part, _type: str) -> Encoder:
    """Encoders of NDJSON. See ``Encode``."""
    return Lines(sink)
