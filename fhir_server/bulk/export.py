"""The store as NDJSON files in a folder, one per resource type, without a server or a job.

https://hl7.org/fhir/uv/bulkdata/export.html#file-formats
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import BadRequest
from conformance.packages import load
from fhir_server.bulk.exporting.drafts import Drafts
from fhir_server.bulk.exporting.encoders import lines
from fhir_server.bulk.exporting.engine import Engine
from fhir_server.bulk.exporting.places import Directory
from fhir_server.bulk.exporting.state import Part, State, begun
from fhir_server.bulk.exporting.walks import Walk
from fhir_server.exchange.messages import UNKNOWN_TYPE
from fhir_server.store.protocol import Store


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

    Those of an earlier export of which there is nothing any more are removed. Raw sources are not resources and are
    never exported. Raises BadRequest for a name that is no resource type, before anything is read.
    """
    for name in types:
        if not load().is_resource(name):
            raise BadRequest.of(UNKNOWN_TYPE, type=name)
    started = time.perf_counter()
    counts = await store.counts()
    expected = sum(counts.get(name, 0) for name in types or counts)

    async def tell(done: int) -> None:
        report(done, expected)

    async def keep(_state: State, done: int) -> None:
        report(done, expected)

    drafts = Drafts(Directory(out), lines, _name, _clock)
    state = begun(await store.settle())
    engine = Engine(store, [Walk(tuple(types))], state, drafts, keep, _clock, sys.maxsize, tell, lag=sys.maxsize)
    await engine.run()
    found = Counter({file.type: file.count for file in state.files})
    _remove_old(out, types, found)
    written = sum(file.size for file in state.files)
    return Export(dict(sorted(found.items())), written, time.perf_counter() - started, state.position)


def _remove_old(out: Path, types: Collection[str], found: Collection[str]) -> None:
    for path in out.glob("*.ndjson"):
        is_meant = path.stem in types if types else load().is_resource(path.stem)
        if is_meant and path.stem not in found:
            path.unlink()


def _name(_part: Part, type: str) -> str:
    return f"{type}.ndjson"


def _clock() -> int:
    return time.monotonic_ns() // 1000
