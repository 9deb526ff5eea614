"""Import jobs: how a worker does them.

Lines are checked in processes beside the worker and written in their order, a few pieces at a time: their resources,
their findings and the place up to which the input is done are one unit. So a worker that is killed leaves no hole, and
the next one repeats nothing.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from conformance.errors import Unavailable
from conformance.issues import Issue
from fhir_server.bulk.apart import applied_to
from fhir_server.bulk.exporting.places import Place
from fhir_server.bulk.garbage import seldom_collected
from fhir_server.bulk.importing import findings, messages, uploads
from fhir_server.bulk.importing.applying import Applier, Sending
from fhir_server.bulk.importing.checking import Checked, Checker, Failed, Recipe, Task, failed, outcome
from fhir_server.bulk.importing.fetching import Fetcher
from fhir_server.bulk.importing.order import Level, Order, order_of
from fhir_server.bulk.importing.pieces import Pieces
from fhir_server.bulk.importing.reading import Reading
from fhir_server.bulk.importing.state import Counts, State, begun, state_of
from fhir_server.bulk.pool import Pool, processors
from fhir_server.indexing import indexing_of
from fhir_server.installation import Installation
from fhir_server.jobs import Job, Lease
from fhir_server.settings import Settings
from fhir_server.store.protocol import Record, Refusal, Store

Checking: TypeAlias = Pool[Task, Checked | Failed]


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
            reading = Reading(self.store, order, lease.job.id, self.spool, self.fetcher)
            recipe = await self._recipe(order)
            with (
                seldom_collected(),
                _pool(order, self.settings, recipe) as pool,
                applied_to(self.store, self.settings.store, Applier) as apply,
            ):
                async with Sending(apply) as sending:
                    await _Writing(self.store, lease, reading, pool, sending, state, self.clock).run(order.language)
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


def _pool(order: Order, settings: Settings, recipe: Recipe) -> Checking:
    return Pool(processors(order.workers or settings.load_workers), failed, Checker, recipe)


@dataclass(slots=True)
class _Writing:
    """The one writer of an import."""

    store: Store
    lease: Lease
    reading: Reading
    pool: Checking
    sending: Sending
    state: State
    clock: Callable[[], int]

    async def run(self, language: str) -> None:
        async with Pieces(self._apply) as pieces:
            async for found in self.pool.in_order(self._begun(language)):
                checked = found if isinstance(found, Checked) else await self._singly(found, language)
                self.sending.send(checked.writes)
                await pieces.add(replace(checked, writes=()))

    async def _begun(self, language: str) -> AsyncIterator[Future[Checked | Failed]]:
        async for task in self.reading.tasks(self.state):
            if task.fault:
                yield _ready(_broken(task, language))
            else:
                yield self.pool.submit(task)

    async def _singly(self, found: Failed, language: str) -> Checked:
        """The same lines one by one, so that only those are refused on which the check fails."""
        task = found.task
        whole = Checked(task.input, task.mark, task.line + task.count, task.offset)
        for alone in task.singly():
            one = await asyncio.wrap_future(self.pool.submit(alone))
            whole = _joined(whole, one if isinstance(one, Checked) else _unchecked(one, language))
        return whole

    async def _apply(self, pieces: Sequence[Checked]) -> None:
        """Write pieces of one input and the place behind them; on return they are durable."""
        records: list[Record] = []
        for done in pieces:
            await self._counted(done)
            records += findings.kept(self.lease.job.id, done.input, done.line, done.outcomes)
        state, share = self.state, self.reading.share
        outcome = await self.lease.checkpoint(
            self.clock(),
            records=records,
            checkpoint=state.kept(),
            done=state.done,
            expected=round(state.done / share) if share else None,
            through=lambda unit: self.sending.close(unit, len(pieces)),
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
        state.input, state.mark, state.line, state.offset = done.input, done.mark, done.line, done.offset


def _ready(checked: Checked) -> Future[Checked | Failed]:
    future: Future[Checked | Failed] = Future()
    future.set_result(checked)
    return future


def _broken(task: Task, language: str) -> Checked:
    """The end of an input that cannot be read further."""
    issue = Issue(messages.UNREADABLE, params={"name": task.name, "reason": task.fault})
    row = outcome((issue,), task.name, task.line + 1, language)
    return Checked(task.input, task.mark, task.line + 1, task.offset, (), row, refused=1)


def _unchecked(found: Failed, language: str) -> Checked:
    """One line on which the check failed."""
    task = found.task
    issues = (Issue(messages.REFUSED), Issue(messages.CHECK_FAILED, params={"reason": found.reason}))
    row = outcome(issues, task.name, task.line + 1, language)
    return Checked(task.input, task.mark, task.line + 1, task.offset, (), row, refused=1)


def _joined(whole: Checked, one: Checked) -> Checked:
    return replace(
        whole,
        writes=(*whole.writes, *one.writes),
        outcomes=whole.outcomes + one.outcomes,
        stored=whole.stored + one.stored,
        refused=whole.refused + one.refused,
        told=whole.told + one.told,
        deleted=whole.deleted + one.deleted,
    )
