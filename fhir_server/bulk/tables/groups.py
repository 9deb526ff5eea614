"""Parquet files in the making: row groups of bounded size, and the bytes to a sink. https://parquet.apache.org/docs/file-format/"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from fhir_server.bulk.exporting.encoders import Sink

#: Bytes of what came in that one row group holds at most, and all groups that are open together.
GROUP, TOGETHER = 6 * 1024 * 1024, 16 * 1024 * 1024


class Open:
    """What the open files of one export hold together; when that is too much, the one with the most is written."""

    def __init__(self, most: int = TOGETHER) -> None:
        self._most = most
        self._held: dict[int, tuple[int, Callable[[], None]]] = {}

    def holds(self, owner: object, size: int, flush: Callable[[], None]) -> None:
        """Tell how many bytes ``owner`` holds now; ``flush`` writes them."""
        self._held[id(owner)] = size, flush
        if not size:
            del self._held[id(owner)]
        while sum(held for held, _ in self._held.values()) > self._most:
            _, biggest = max(self._held.values(), key=lambda row: row[0])
            biggest()


class _File:
    """A sink as the file that Arrow writes to; without a sink what is written goes nowhere."""

    def __init__(self, sink: Sink) -> None:
        self.sink: Sink | None = sink
        self._at = 0
        self.closed = False

    def write(self, data: Any, /) -> int:
        """Append."""
        size = len(data)
        if self.sink is not None:
            self.sink.write(bytes(data))
        self._at += size
        return size

    def tell(self) -> int:
        """Bytes so far."""
        return self._at

    def flush(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """The sink stays open."""
        self.closed = True


class Groups:
    """One file. ``make`` turns what is held into a table of the schema."""

    def __init__(self, sink: Sink, schema: Any, make: Callable[[list[Any]], Any], together: Open) -> None:
        self._file = _File(sink)
        self._writer = pq.ParquetWriter(pa.PythonFile(self._file, mode="w"), schema, compression="zstd")
        self._make, self._together = make, together
        self._held: list[Any] = []
        self._size = 0

    def add(self, rows: list[Any], size: int) -> None:
        """Hold rows of so many bytes, and write a group when that is enough."""
        self._held += rows
        self._size += size
        if self._size >= GROUP:
            self.flush()
        else:
            self._together.holds(self, self._size, self.flush)

    def flush(self) -> None:
        """Write what is held as a row group."""
        held, self._held, self._size = self._held, [], 0
        self._together.holds(self, 0, self.flush)
        if held:
            self._writer.write_table(self._make(held), row_group_size=len(held))

    def finish(self) -> None:
        """Write what is held, and the end of the file."""
        self.flush()
        self._writer.close()

    def drop(self) -> None:
        """Forget the file: nothing more is written."""
        self._file.sink = None
        self._held, self._size = [], 0
        self._together.holds(self, 0, self.flush)
        self._writer.close()
