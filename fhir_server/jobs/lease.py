"""A job in the hands of a worker. A checkpoint is a compare-and-set on its record, in one unit with what was done.

A worker that was taken for dead finds another token in the record at its next checkpoint and changes nothing any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

from fhir_server.jobs.job import SPACE, Job, Said, State, decoded, encoded
from fhir_server.store.protocol import Outcome, Record, Refusal, RefusalReason, Store, Unit

T = TypeVar("T")


class LeaseLost(Exception):
    """Another worker has the job now, or it is gone: stop, and touch nothing of it."""


class Cancelled(Exception):
    """Somebody asked for the end of the job: clean up."""


class Lease:
    """The right to work on a job, until it runs out or the job ends. One task at a time uses it, besides ``extend``."""

    def __init__(self, store: Store, job: Job, span: int) -> None:
        self._store, self._span = store, span
        self._lock = asyncio.Lock()
        self.job = job

    async def checkpoint(
        self,
        now: int,
        *,
        records: Iterable[Record] = (),
        checkpoint: dict[str, Any] | None = None,
        done: int | None = None,
        expected: int | None = None,
        through: Callable[[Unit], Awaitable[Outcome]] | None = None,
    ) -> Outcome:
        """Keep how far the job is, together with these records: all of it or nothing. Also extends the lease.

        ``through`` applies the unit to the store, perhaps with writes besides. The outcome; a refusal of one of those
        is the caller's to judge, and then nothing was kept.
        Raises LeaseLost, and Cancelled when the end was asked for (then nothing was kept either).
        """

        def changed(job: Job) -> Job:
            return job.with_(
                until=now + self._span,
                tries=0,
                checkpoint=job.checkpoint if checkpoint is None else checkpoint,
                done=job.done if done is None else done,
                expected=job.expected if expected is None else expected,
            )

        return await self._change(changed, tuple(records), through, stops=True)

    async def under(self, work: Callable[[tuple[Record, ...]], Awaitable[T | None]]) -> T:
        """What work brings that changes nothing (and brings None) unless the records that it gets are just so.

        Raises LeaseLost, and Cancelled when the end was asked for.
        """
        async with self._lock:
            while True:
                if self.job.cancelling:
                    raise Cancelled
                found = await work((Record(SPACE, self.job.id, encoded(self.job)),))
                if found is not None:
                    return found
                await self._reread()

    async def extend(self, now: int) -> None:
        """Keep the job for another span, also while it is being cancelled. Raises LeaseLost."""
        await self._change(lambda job: job.with_(until=now + self._span), stops=False)

    async def stand_still(self, why: tuple[Said, ...]) -> None:
        """Note why the job does not go on for now; the lease runs out, and then it is tried again. Raises LeaseLost."""
        await self._change(lambda job: job.with_(issues=why), stops=False)

    async def end(self, state: State, now: int, *, issues: tuple[Said, ...] = (), **changes: Any) -> None:
        """The job's end: completed, failed or cancelled. Raises LeaseLost."""
        await self._change(lambda job: job.moved(state, ended=now, until=0, issues=issues, **changes), stops=False)

    async def give_back(self) -> None:
        """The job waits again, from its last checkpoint; this worker ends in good order. Raises LeaseLost."""
        await self._change(lambda job: job.moved(State.QUEUED, until=0, worker="", tries=0), stops=False)

    async def _change(
        self,
        change: Callable[[Job], Job],
        records: tuple[Record, ...] = (),
        through: Callable[[Unit], Awaitable[Outcome]] | None = None,
        *,
        stops: bool,
    ) -> Outcome:
        async with self._lock:
            while True:
                if stops and self.job.cancelling:
                    raise Cancelled
                after = change(self.job)
                outcome = await (through or self._transacted)(self._swap(after, records))
                if not isinstance(outcome, Refusal):
                    self.job = after
                    return outcome
                if outcome.reason is not RefusalReason.RECORD:
                    return outcome
                await self._reread()

    def _swap(self, after: Job, records: tuple[Record, ...]) -> Unit:
        """This job for the one that is kept, and these records with it."""
        name = self.job.id
        given = (Record(SPACE, name, encoded(self.job)),)
        return Unit(records=(*records, Record(SPACE, name, encoded(after))), given=given)

    async def _transacted(self, unit: Unit) -> Outcome:
        [outcome] = await self._store.transact([unit])
        return outcome

    async def _reread(self) -> None:
        """Take over what others may change of a job that is ours: the wish for its end."""
        kept = await self._store.record(SPACE, self.job.id)
        found = decoded(kept) if kept else None
        if found is None or (found.token, found.state) != (self.job.token, State.RUNNING):
            raise LeaseLost
        self.job = found
