"""Export jobs: how a worker does them. https://hl7.org/fhir/uv/bulkdata/export.html"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from conformance.json_codec import encode
from conformance.packages import load
from fhir_server.bulk.exporting.drafts import Drafts
from fhir_server.bulk.exporting.engine import Engine
from fhir_server.bulk.exporting.formats import FORMATS, Encode, file_type, lines
from fhir_server.bulk.exporting.order import NDJSON, Order
from fhir_server.bulk.exporting.places import Place
from fhir_server.bulk.exporting.plan import Planner
from fhir_server.bulk.exporting.state import Part, State, begun, state_of
from fhir_server.jobs import Job, Lease
from fhir_server.search import Indexer
from fhir_server.store.protocol import HOLDS, Record, Store, Unit

#: Bytes from which a file is full.
FILE_SIZE = 128 * 1024 * 1024
#: Microseconds between two tellings of progress.
_TELL = 1_000_000


def order_of(job: Job) -> Order:
    """What an export job was asked for."""
    return msgspec.convert(job.request, Order)


@dataclass(frozen=True, slots=True)
class ExportKind:
    """See ``fhir_server.jobs.Kind``. ``indexed`` says how the store is indexed now; ``size`` is where a file ends."""

    store: Store
    indexed: Callable[[], Awaitable[Indexer]]
    place: Place
    clock: Callable[[], int]
    size: int = FILE_SIZE

    async def run(self, lease: Lease) -> dict[str, Any]:
        """The files of the manifest. What it writes carries the lease's token until a checkpoint."""
        order = order_of(lease.job)
        state = state_of(lease.job.checkpoint) if lease.job.checkpoint else await self._begun(lease, order)
        walks = await Planner(self.store, await self.indexed(), order, state.position).walks()
        drafts = self._drafts(lease.job, order, self._encode(order))
        keep = _Keeping(lease, self.clock)
        engine = Engine(self.store, walks, state, drafts, keep, self.clock, self.size, keep.tell)
        state = await engine.run()
        await self._end(lease, order, state)
        return state.kept()

    async def clean(self, job: Job) -> None:
        """Remove every file, and let the position go."""
        await asyncio.to_thread(self.place.retain, job.id, ())
        await self.store.transact([Unit(records=(Record(HOLDS, job.id, None),))])

    async def _begun(self, lease: Lease, order: Order) -> State:
        state = begun(await self.store.settle())
        hold = Record(HOLDS, lease.job.id, b"%d" % state.position)
        expected = await self._expected(order)
        await lease.checkpoint(self.clock(), records=(hold,), checkpoint=state.kept(), expected=expected)
        return state

    async def _expected(self, order: Order) -> int | None:
        """About how many resources there will be; None when that takes as long as the export."""
        if order.since is not None or order.until is not None or order.filters or order.patients or order.group:
            return None
        counts = await self.store.counts()
        return sum(counts.get(name, 0) for name in order.types or counts)

    @staticmethod
    def _encode(order: Order) -> Encode:
        return lines if order.format == NDJSON else FORMATS[order.format].encode(load())

    def _drafts(self, job: Job, order: Order, encode: Encode = lines) -> Drafts:
        numbers = count(1)

        def name(part: Part, type: str) -> str:
            kind = type if part is Part.OUTPUT else part.value
            suffix = FORMATS[file_type(part, order.format)].suffix
            return f"{job.id}/{job.token}-{next(numbers)}-{kind}.{suffix}"

        return Drafts(self.place, encode, name, self.clock)

    async def _end(self, lease: Lease, order: Order, state: State) -> None:
        """Write what was ignored, let the position go, and then, since the job is surely ours, remove stray files."""
        if order.ignored and not any(file.part is Part.ERROR for file in state.files):
            drafts = self._drafts(lease.job, order)
            state.pages += 1
            state.files.append(await asyncio.to_thread(_told, drafts, order, state.pages))
        released = Record(HOLDS, lease.job.id, None)
        await lease.checkpoint(self.clock(), records=(released,), checkpoint=state.kept(), done=state.count)
        names = [file.name for file in state.files]
        await asyncio.to_thread(self.place.retain, lease.job.id, names)


def _told(drafts: Drafts, order: Order, page: int) -> Any:
    """The file of what was ignored, an OperationOutcome for each."""
    rows = [
        {"severity": said.severity, "code": said.code, "details": {"text": said.en}, "diagnostics": said.vi}
        for said in order.ignored
    ]
    lines = [encode({"resourceType": "OperationOutcome", "issue": [row]}) for row in rows]
    drafts.write(Part.ERROR, "OperationOutcome", lines, start=0, last=0)
    [(_, file)] = drafts.finish(["OperationOutcome"], page)
    return file


class _Keeping:
    """Keeps the state in the job's record, and tells of progress now and then."""

    def __init__(self, lease: Lease, clock: Callable[[], int]) -> None:
        self._lease, self._clock = lease, clock
        self._told = clock()

    async def __call__(self, state: State, done: int) -> None:
        """See ``engine.Keep``."""
        self._told = self._clock()
        await self._lease.checkpoint(self._told, checkpoint=state.kept(), done=done)

    async def tell(self, done: int) -> None:
        """Tell how many resources are done."""
        now = self._clock()
        if now - self._told >= _TELL:
            self._told = now
            await self._lease.checkpoint(now, done=done)
