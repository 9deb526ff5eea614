"""Workers: take one job after the other and see each to its end. Any process with the store may run one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from conformance.errors import FhirError, Unavailable
from conformance.issues import Issue
from fhir_server.jobs.board import Board, any_job
from fhir_server.jobs.job import Job, Said, State
from fhir_server.jobs.lease import Cancelled, Lease, LeaseLost
from fhir_server.jobs.messages import BROKEN

_LOG = logging.getLogger("fhir_server.jobs")
_SECOND = 1_000_000

#: How long a job belongs to a worker that does not tell of itself.
LEASE = 30 * _SECOND
#: Seconds between two looks at the board.
LOOK_EVERY = 0.25


class Kind(Protocol):
    """How the jobs of one kind are done."""

    async def run(self, lease: Lease) -> dict[str, Any]:
        """Do the job from its last checkpoint on; its outcome. Raises as ``Lease.checkpoint`` does, or FhirError.

        What it writes outside the store until a checkpoint carries ``lease.job.token``: another may be at it too.
        """
        ...

    async def clean(self, job: Job) -> None:
        """Remove what a job made: it was cancelled, has failed or has expired. May be called again."""
        ...


class _End(NamedTuple):
    state: State
    issues: tuple[Said, ...] = ()
    outcome: dict[str, Any] | None = None


class Worker:
    """``kinds`` by name; ``clock`` gives microseconds since 1970 UTC; ``keep`` is how long ended jobs stay.

    Jobs that it does not want are left to others, but for those that only wait for their end to be noted.
    """

    def __init__(
        self,
        board: Board,
        kinds: Mapping[str, Kind],
        clock: Callable[[], int],
        name: str,
        *,
        lease: int = LEASE,
        keep: int = 24 * 3600 * _SECOND,
        wants: Callable[[Job], bool] = any_job,
    ) -> None:
        self._board, self._kinds, self._clock, self._name = board, kinds, clock, name
        self._lease, self._keep, self._wants = lease, keep, wants

    async def work(self, stop: asyncio.Event) -> None:
        """Do jobs until ``stop`` is set; a job that runs then is given back at once."""
        while not stop.is_set():
            if not await self._looked(stop):
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_EVERY)

    async def _looked(self, stop: asyncio.Event) -> bool:
        try:
            await self.sweep()
            return await self._one(stop)
        except Unavailable:
            _LOG.exception("the store does not serve")
            return False

    async def drain(self) -> int:
        """Do what waits now; how many jobs that were."""
        never, count = asyncio.Event(), 0
        while await self._one(never):
            count += 1
        return count

    async def sweep(self) -> None:
        """Take down what has expired, with all that it made."""
        now = self._clock()
        expired = [job async for job in self._board.all() if job.state.is_final and _expiry(job, self._keep) <= now]
        for job in expired:
            if job.kind in self._kinds:
                await self._take_down(job)

    async def _take_down(self, job: Job) -> None:
        """One job; what it made may lie where nothing serves just now, which keeps no other job waiting."""
        try:
            await self._kinds[job.kind].clean(job)
        except Unavailable as error:
            _LOG.warning("what job %s made cannot be removed yet: %s", job.id, error)
        else:
            await self._board.remove(job)

    async def _one(self, stop: asyncio.Event) -> bool:
        lease = await self._board.take(self._kinds.keys(), self._name, self._clock(), self._lease, self._will_take)
        if lease is None:
            return False
        running = asyncio.create_task(self._see_through(lease))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not running.done():
            running.cancel()
            await asyncio.wait({running})
        if running.cancelled():
            with suppress(LeaseLost):
                await lease.give_back()
            return False
        running.result()
        return True

    def _will_take(self, job: Job) -> bool:
        return job.cancelling or self._wants(job)

    async def _see_through(self, lease: Lease) -> None:
        """Run the job to one of its ends, telling the board from time to time that it is alive."""
        kind = self._kinds[lease.job.kind]
        alive = asyncio.create_task(self._stay_alive(lease))
        try:
            state, issues, outcome = await self._done(kind, lease)
            if state is not State.COMPLETED:
                await lease.extend(self._clock())  # whoever has the job now still needs what it made
                await kind.clean(lease.job)
            await lease.end(state, self._clock(), issues=issues, outcome=outcome)
        except LeaseLost:
            _LOG.warning("job %s was taken over by another worker", lease.job.id)
        except Unavailable as error:
            _LOG.warning("job %s stands still: %s", lease.job.id, error, exc_info=error.__cause__)
            with suppress(LeaseLost, Unavailable):
                await lease.stand_still(tuple(map(Said.of, error.issues)))
        finally:
            alive.cancel()

    async def _done(self, kind: Kind, lease: Lease) -> _End:
        """How the work of a job ends. Raises LeaseLost, and Unavailable when it is to be tried again."""
        try:
            outcome = None if lease.job.cancelling else await kind.run(lease)
            return _End(State.CANCELLED if outcome is None else State.COMPLETED, (), outcome)
        except Cancelled:
            return _End(State.CANCELLED)
        except (LeaseLost, Unavailable):
            raise
        except FhirError as error:
            return _End(State.FAILED, tuple(map(Said.of, error.issues)))
        except Exception as error:  # noqa: BLE001  the outermost edge of a job: its end must be known
            _LOG.exception("job %s failed", lease.job.id)
            return _End(State.FAILED, (Said.of(Issue(BROKEN, params={"error": type(error).__name__})),))

    async def _stay_alive(self, lease: Lease) -> None:
        """Extend the lease while the job runs; who runs it learns of a loss or a wish at its next checkpoint."""
        with suppress(LeaseLost):
            while True:
                await asyncio.sleep(self._lease / _SECOND / 3)
                with suppress(Unavailable):  # The store may serve again before the lease ends.
                    await lease.extend(self._clock())


def _expiry(job: Job, keep: int) -> int:
    return job.expires if job.expires is not None else (job.ended or job.created) + keep
