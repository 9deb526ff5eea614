"""Export jobs: how a worker does them. https://hl7.org/fhir/uv/bulkdata/export.html"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from conformance.packages import load
from fhir_server.bulk.exporting.drafts import Drafts
from fhir_server.bulk.exporting.encoders import Encode, lines
from fhir_server.bulk.exporting.files_kind import FilesKind
from fhir_server.bulk.exporting.formats import FORMATS, file_type
from fhir_server.bulk.exporting.order import NDJSON, Order
from fhir_server.bulk.exporting.plan import Planner
from fhir_server.bulk.exporting.state import EVERY_PAGE, File, Part, State, state_of
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.jobs import Job, Lease


def order_of(job: Job) -> Order:
    """What an export job was asked for."""
    return msgspec.convert(job.request, Order)


@dataclass(frozen=True, slots=True)
class ExportKind(FilesKind):
    """See ``fhir_server.jobs.Kind``."""

    async def run(self, lease: Lease) -> dict[str, Any]:
        """The files of the manifest. What it writes carries the lease's token until a checkpoint."""
        order = order_of(lease.job)
        kept = lease.job.checkpoint
        state = state_of(kept) if kept else await self.begin(lease, await self._expected(order))
        walks = await Planner(self.store, await self.indexed(), order, state.position).walks()
        await self._tell_ignored(lease.job, order, state)
        state = await self.write(lease, walks, state, self._drafts(lease.job, order, self._encode(order)))
        await self.end(lease, state)
        return state.kept()

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

    async def _tell_ignored(self, job: Job, order: Order, state: State) -> None:
        """Write what was ignored to a file of its own, which the next checkpoint keeps."""
        if order.ignored and not any(file.part is Part.ERROR for file in state.files):
            state.files.append(await asyncio.to_thread(_told, self._drafts(job, order), order))


def _told(drafts: Drafts, order: Order) -> File:
    """The file of what was ignored, an OperationOutcome for each: it stands on every page."""
    lines = [outcome_bytes((said.issue,), order.language) for said in order.ignored]
    drafts.write(Part.ERROR, "OperationOutcome", lines, start=0, last=0)
    [(_, file)] = drafts.finish(["OperationOutcome"], EVERY_PAGE)
    return file
