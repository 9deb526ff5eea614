"""Rows as text: CSV (https://www.rfc-editor.org/rfc/rfc4180), JSON and NDJSON."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any, TypeAlias

from conformance.json_codec import encode
from conformance.views import Column
from fhir_server.bulk.exporting.encoders import Sink

Row: TypeAlias = Sequence[Any]


def text_of(value: Any) -> str:
    """A value as text: a list or object as JSON, and nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return encode(value).decode() if isinstance(value, dict | list) else str(value)


class _Parts(list[bytes]):
    """What the csv module writes to."""

    def write(self, text: str, /) -> int:
        """Append."""
        self.append(text.encode())
        return len(text)


class CsvRows:
    """A header row, unless there shall be none, and the rows; lines end with CR LF, as the RFC has it."""

    def __init__(self, sink: Sink, columns: Sequence[Column], *, header: bool) -> None:
        self._sink = sink
        if header:
            self._put([[column.name for column in columns]])

    def write(self, rows: Sequence[Row]) -> None:
        """See ``Encoder.write``."""
        self._put([[text_of(value) for value in row] for row in rows])

    def _put(self, rows: Sequence[Sequence[str]]) -> None:
        parts = _Parts()
        csv.writer(parts).writerows(rows)
        self._sink.write(b"".join(parts))

    def finish(self) -> None:
        """Nothing: every line is whole."""

    def drop(self) -> None:
        """Nothing is held."""


class NdjsonRows:
    """An object a line, nulls included."""

    def __init__(self, sink: Sink, columns: Sequence[Column], *, header: bool) -> None:  # noqa: ARG002
        self._sink = sink
        self._names = [column.name for column in columns]

    def write(self, rows: Sequence[Row]) -> None:
        """See ``Encoder.write``."""
        self._sink.write(b"".join([encode(dict(zip(self._names, row, strict=True))) + b"\n" for row in rows]))

    def finish(self) -> None:
        """Nothing: every line is whole."""

    def drop(self) -> None:
        """Nothing is held."""


class JsonRows:
    """One list of objects, a line each."""

    def __init__(self, sink: Sink, columns: Sequence[Column], *, header: bool) -> None:  # noqa: ARG002
        self._sink = sink
        self._names = [column.name for column in columns]
        self._before = b"["

    def write(self, rows: Sequence[Row]) -> None:
        """See ``Encoder.write``."""
        if rows:
            objects = [encode(dict(zip(self._names, row, strict=True))) for row in rows]
            self._sink.write(self._before + b",\n".join(objects))
            self._before = b",\n"

    def finish(self) -> None:
        """Close the list."""
        self._sink.write(b"[]\n" if self._before == b"[" else b"]\n")

    def drop(self) -> None:
        """Nothing is held."""
