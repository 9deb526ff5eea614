"""The board where jobs hang: asked for, taken, cancelled, taken down. It lives in the store: any process sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from typing import Any

from conformance.errors import Conflict, NotFound, TooMany
from conformance.issues import Issue
from fhir_server.jobs.job import SPACE, Job, Said, State, decoded, encoded
from fhir_server.jobs.lease import Lease
from fhir_server.jobs.messages import FINISHED, GIVEN_UP, NO_JOB, TOO_MANY_JOBS
from fhir_server.store.protocol import Record, Refusal, Store, Unit

#: Workers in turn that may end without a checkpoint before a job is given up.
TRIES = 5
#: Seconds after which a job that was refused for their number may be asked for again.
LATER = 30
#: Space of records by which those who add jobs of one owner take turns: how many were added, as decimal text.
TURNS = "job-turn"


def any_job(_job: Job) -> bool:
    """True: of workers that do whatever is there."""
    return True


class Board:
    """The jobs of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(
        self,
        id: str,
        kind: str,
        request: dict[str, Any],
        now: int,
        *,
        owner: str = "",
        expected: int | None = None,
        limit: int = 0,
    ) -> Job:
        """A new job that waits for a worker. ``id`` must be new.

        Raises TooMany when the owner has ``limit`` open jobs (0: any number), also when several ask at once.
        """
        job = Job(id=id, kind=kind, request=request, owner=owner, created=now, expected=expected)
        while not await self._replace(None, job, turn := await self._turn(owner, limit)):
            if turn is None or await self._store.record(SPACE, id) is not None:
                raise ValueError(f"job {id} exists already")
        return job

    async def _turn(self, owner: str, limit: int) -> bytes | None:
        """How many jobs were added for an owner who may have one more; None without a limit. Raises TooMany.

        Jobs are counted after it was read, and the new one is added while it stands: nobody adds one in between.
        """
        if not limit:
            return None
        turn = await self._store.record(TURNS, owner)
        await self.require_room(owner, limit)
        return turn or b"0"

    async def require_room(self, owner: str, limit: int) -> None:
        """Refuse an owner who has as many open jobs as may be (0: any number). Raises TooMany."""
        count = await self.count_open(owner) if limit else 0
        if limit and count >= limit:
            raise TooMany.of(TOO_MANY_JOBS, count=count, limit=limit, seconds=LATER)

    async def find(self, id: str) -> Job:
        """The job. Raises NotFound when there is none, or none any more."""
        kept = await self._store.record(SPACE, id)
        if kept is None:
            raise NotFound.of(NO_JOB, id=id)
        return decoded(kept)

    async def all(self) -> AsyncIterator[Job]:
        """Every job, by id."""
        async for _, kept in self._store.records(SPACE):
            yield decoded(kept)

    async def count_open(self, owner: str) -> int:
        """How many jobs of an owner are not at their end."""
        return len([job async for job in self.all() if job.owner == owner and not job.state.is_final])

    async def take(
        self, kinds: Collection[str], worker: str, now: int, lease: int, wants: Callable[[Job], bool] = any_job
    ) -> Lease | None:
        """The oldest job of these kinds that may be taken and that the worker ``wants``; None without one.

        It is leased for ``lease`` microseconds.
        """
        waiting = [job async for job in self.all() if job.kind in kinds and job.may_be_taken(now) and wants(job)]
        for job in sorted(waiting, key=lambda job: (job.created, job.id)):
            if job.tries >= TRIES:
                given_up = Said.of(Issue(GIVEN_UP, params={"tries": job.tries}))
                await self._replace(job, job.moved(State.FAILED, ended=now, issues=(given_up, *job.issues)))
                continue
            taken = job.moved(
                State.RUNNING,
                worker=worker,
                until=now + lease,
                token=job.token + 1,
                tries=job.tries + 1,
                started=job.started or now,
            )
            if await self._replace(job, taken):
                return Lease(self._store, taken, lease)
        return None

    async def cancel(self, id: str, now: int) -> Job:
        """Ask for the end of a job: one that waits ends at once, one that runs at its next checkpoint.

        Raises NotFound, and Conflict when it has ended.
        """
        while True:
            job = await self.find(id)
            if job.state.is_final:
                raise Conflict.of(FINISHED, id=id, state=str(job.state))
            waits = job.state is State.QUEUED and job.started is None
            ended = job.moved(State.CANCELLED, ended=now) if waits else job.with_(cancelling=True)
            if await self._replace(job, ended):
                return ended

    async def expire(self, id: str, now: int) -> None:
        """What a job that has ended made may go now. Raises NotFound."""
        while True:
            job = await self.find(id)
            if await self._replace(job, job.with_(expires=min(now, job.expires or now))):
                return

    async def remove(self, job: Job) -> bool:
        """Take the job down as it is; False when it has changed meanwhile."""
        unit = Unit(records=(Record(SPACE, job.id, None),), given=(Record(SPACE, job.id, encoded(job)),))
        [outcome] = await self._store.transact([unit])
        return not isinstance(outcome, Refusal)

    async def _replace(self, before: Job | None, after: Job, turn: bytes | None = None) -> bool:
        given = [Record(SPACE, after.id, encoded(before) if before else None)]
        records = [Record(SPACE, after.id, encoded(after))]
        if turn is not None:
            given.append(Record(TURNS, after.owner, turn if int(turn) else None))
            records.append(Record(TURNS, after.owner, b"%d" % (int(turn) + 1)))
        [outcome] = await self._store.transact([Unit(records=tuple(records), given=tuple(given))])
        return not isinstance(outcome, Refusal)
