"""The store as NDJSON files, one per resource type. https://hl7.org/fhir/uv/bulkdata/export.html#file-formats"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fhir_server.store.protocol import Store, Version

_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Export:
    """What an export wrote: resources by type, bytes, seconds, and the position that all of it was read at."""

    counts: dict[str, int]
    bytes: int
    seconds: float
    position: int

    @property
    def total(self) -> int:
        """Resources of all types."""
        return sum(self.counts.values())


async def export(
    store: Store, out: Path, types: Sequence[str] = (), report: Callable[[int, int | None], None] = lambda *_: None
) -> Export:
    """Write ``<Type>.ndjson`` files into ``out``, all read at one position, each appearing only when it is whole.

    Raw sources are not resources and are never exported.
    """
    started, position = time.perf_counter(), await store.position()
    counts = await store.counts()
    expected = sum(counts.get(name, 0) for name in types or counts)
    with _Files(out) as files:
        async for chunk in store.scan(tuple(types), position):
            files.write(chunk)
            report(files.written, expected)
        files.publish()
    return Export(dict(sorted(files.counts.items())), files.bytes, time.perf_counter() - started, position)


class _Files(ExitStack):
    """Temporary files by type; ``publish`` gives them their names, otherwise they are removed."""

    def __init__(self, out: Path) -> None:
        super().__init__()
        out.mkdir(parents=True, exist_ok=True)
        self._out = out
        self._open: dict[str, BinaryIO] = {}
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.bytes = self.written = 0

    def write(self, chunk: list[Version]) -> None:
        by_type: defaultdict[str, list[bytes]] = defaultdict(list)
        for version in chunk:
            by_type[version.key.type].append(version.body)
        for name, bodies in by_type.items():
            data = b"\n".join((*bodies, b""))
            self._file(name).write(data)
            self.counts[name] += len(bodies)
            self.bytes += len(data)
        self.written += len(chunk)

    def _file(self, name: str) -> BinaryIO:
        if name not in self._open:
            path = self._draft(name)
            self._open[name] = self.enter_context(path.open("wb", buffering=_BUFFER))
            self.callback(path.unlink, missing_ok=True)
        return self._open[name]

    def _draft(self, name: str) -> Path:
        return self._out / f".{name}.ndjson.part"

    def publish(self) -> None:
        for name, file in self._open.items():
            file.close()
            self._draft(name).replace(self._out / f"{name}.ndjson")
