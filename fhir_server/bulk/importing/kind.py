"""Import jobs: how a worker does them.

Lines are checked and stored in processes beside the worker, piece by piece in their order: their resources, their
findings and the place up to which the input is done are one unit. So a worker that is killed leaves no hole, and
the next one repeats nothing.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from conformance.errors import Unavailable
from conformance.issues import Issue
from fhir_server.bulk.behind import Behind
from fhir_server.bulk.exporting.places import Place
from fhir_server.bulk.garbage import seldom_collected
from fhir_server.bulk.importing import findings, messages, uploads
from fhir_server.bulk.importing.checking import Checked, Failed, Recipe, Task, outcome
from fhir_server.bulk.importing.fetching import Fetcher
from fhir_server.bulk.importing.lanes import Answer, Lanes, lanes
from fhir_server.bulk.importing.order import Level, Order, order_of
from fhir_server.bulk.importing.reading import Reading
from fhir_server.bulk.importing.state import BROKEN, Counts, State, begun, state_of
from fhir_server.bulk.pool import in_order, processors
from fhir_server.indexing import indexing_of
from fhir_server.installation import Installation
from fhir_server.jobs import Job, Lease
from fhir_server.settings import Settings
from fhir_server.store.protocol import Refusal, Store


@dataclass(frozen=True, slots=True)
class ImportKind:
    """See ``fhir_server.jobs.Kind``. ``installed`` gives the installation of the store."""

    store: Store
    settings: Settings
    place: Place
    spool: Path
    fetcher: Fetcher
    installed: Callable[[], Awaitable[Installation]]
    clock: Callable[[], int]

    async def run(self, lease: Lease) -> dict[str, Any]:
        """The counts and error files."""
        order = order_of(lease.job)
        kept = lease.job.checkpoint
        state = state_of(kept) if kept else begun(self.clock(), len(order.inputs))
        if state.errors is None:
            is_wanted = partial(_is_wanted, lease)
            reading = Reading(self.store, order, lease.job.id, self.spool, self.fetcher, is_wanted)
            recipe = await self._recipe(order)
            with (
                seldom_collected(),
                lanes(processors(order.workers or self.settings.load_workers), recipe, self.store) as opened,
            ):
                await _Writing(self.store, lease, reading, opened, state, self.clock).run(order.language)
            files = findings.ErrorFiles(self.store, self.place, self.clock)
            state.errors = await files.write(lease.job)
            await lease.checkpoint(self.clock(), checkpoint=state.kept(), done=state.done, expected=state.done)
        await self._forget(lease.job.id)
        return state.kept()

    async def clean(self, job: Job) -> None:
        """Remove the error files and what was kept meanwhile; what was stored stays."""
        await asyncio.to_thread(self.place.retain, job.id, ())
        await self._forget(job.id)

    async def _forget(self, id: str) -> None:
        await findings.forget(self.store, findings.space_of(id))
        await findings.forget(self.store, uploads.space_of(id))
        await asyncio.to_thread(shutil.rmtree, self.spool / id, ignore_errors=True)

    async def _recipe(self, order: Order) -> Recipe:
        installation = await self.installed()
        level = order.validation or Level(self.settings.import_validation)
        how = await indexing_of(self.settings, self.store)
        return Recipe(self.settings, installation.key, installation.base, how, level, order.source, order.language)


def _is_wanted(lease: Lease) -> bool:
    """False once the end of the job was asked for."""
    return not lease.job.cancelling


@dataclass(slots=True)
class _Writing:
    """The one writer of an import."""

    store: Store
    lease: Lease
    reading: Reading
    lanes: Lanes
    state: State
    clock: Callable[[], int]

    async def run(self, language: str) -> None:
        """Check everything, and store it in its order: while a piece is stored the next are read."""
        behind = Behind()
        try:
            async for answer in in_order(self._begun(language), self.lanes.window):
                found = await self.lanes.taken(answer)
                checked = found if isinstance(found, Checked) else await self._singly(found, language)
                await behind.settled()
                behind.begin(self._apply(checked))
                await asyncio.sleep(0)  # It begins before more is read.
            await behind.settled()
        finally:
            await behind.dropped()

    async def _begun(self, language: str) -> AsyncIterator[Future[Answer]]:
        async for task in self.reading.tasks(self.state):
            if task.fault:
                yield _ready(_broken(task, language))
            else:
                yield self.lanes.submit(task)

    async def _singly(self, found: Failed, language: str) -> Checked:
        """The same lines one by one, so that only those are refused on which the check fails."""
        task = found.task
        whole = Checked(task.input, task.mark, task.line + task.count, task.offset, task.lane)
        for alone in task.singly():
            one = await self.lanes.taken(await asyncio.wrap_future(self.lanes.again(alone)))
            whole = _joined(whole, one if isinstance(one, Checked) else _unchecked(one, language))
        return whole

    async def _apply(self, done: Checked) -> None:
        """Write a piece and the place behind it; on return they are durable."""
        await self._counted(done)
        state, share = self.state, self.reading.share
        outcome = await self.lease.checkpoint(
            self.clock(),
            records=findings.kept(self.lease.job.id, done.input, done.line, done.outcomes),
            checkpoint=state.kept(),
            done=state.done,
            expected=round(state.done / share) if share else None,
            through=lambda unit: self.lanes.close(unit, done),
        )
        if isinstance(outcome, Refusal):
            raise Unavailable(Issue(messages.REFUSED))

    async def _counted(self, done: Checked) -> None:
        """Note what came of a piece, and the place behind it."""
        state = self.state
        if done.input == state.input and done.mark != state.mark and state.line:
            await findings.forget(self.store, findings.space_of(self.lease.job.id), f"{done.input:06}-")
            state.counts[done.input] = Counts()
        counts = state.counts[done.input]
        counts.stored += done.stored
        counts.refused += done.refused
        counts.told += done.told
        counts.deleted += done.deleted
        counts.broken = done.line if done.offset == BROKEN else 0
        state.input, state.mark, state.line, state.offset = done.input, done.mark, done.line, done.offset


def _ready(checked: Checked) -> Future[Answer]:
    future: Future[Answer] = Future()
    future.set_result(checked)
    return future


def _broken(task: Task, language: str) -> Checked:
    """The end of an input that cannot be read further."""
    issue = Issue(messages.UNREADABLE, params={"name": task.name, "reason": task.fault})
    row = outcome((issue,), task.name, task.line + 1, language)
    return Checked(task.input, task.mark, task.line + 1, task.offset, task.lane, row, refused=1)


def _unchecked(found: Failed, language: str) -> Checked:
    """One line on which the check failed."""
    task = found.task
    issues = (Issue(messages.REFUSED), Issue(messages.CHECK_FAILED, params={"reason": found.reason}))
    row = outcome(issues, task.name, task.line + 1, language)
    return Checked(task.input, task.mark, task.line + 1, task.offset, task.lane, row, refused=1)


def _joined(whole: Checked, one: Checked) -> Checked:
    return replace(
        whole,
        held=(*whole.held, *one.held),
        outcomes=whole.outcomes + one.outcomes,
        stored=whole.stored + one.stored,
        refused=whole.refused + one.refused,
        told=whole.told + one.told,
        deleted=whole.deleted + one.deleted,
    )
