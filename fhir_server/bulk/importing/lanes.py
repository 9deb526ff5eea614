"""The processes of an import: each checks pieces in turn with the others, and stores what it has checked.

So no resource goes from process to process, and while one stores a piece the others check theirs. The main process
reads the input and says whose turn it is. An engine that only one process may open is written by the main process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import NoReturn, TypeAlias

from fhir_server.bulk import wire
from fhir_server.bulk.apart import OwnStore, Raised
from fhir_server.bulk.importing.applying import Applier, Closing
from fhir_server.bulk.importing.checking import Checked, Checker, Failed, Recipe, Task
from fhir_server.bulk.pool import Pool
from fhir_server.store.protocol import Outcome, Promise, Refusal, Store, Unit, Write

_Job: TypeAlias = Task | Closing
Answer: TypeAlias = Checked | Failed | Outcome | Raised

#: Pieces that each process has been sent and that are not stored: one to store, and one to check meanwhile.
_AHEAD = 2


class _Lane:
    """What a process does. ``url`` is that of the store it writes to; "" when it only checks."""

    def __init__(self, recipe: Recipe, url: str) -> None:
        self._check = Checker(recipe)
        self._own = OwnStore(url) if url else None
        self._applier = Applier(self._own.store) if self._own else None

    def __call__(self, job: _Job) -> Answer:
        if isinstance(job, Task):
            checked, writes = self._check(job)
            return self._held(checked, writes)
        if self._own is None or self._applier is None:
            raise LookupError("this process has no store")
        return self._own.run(self._applier.close(job))

    def _held(self, checked: Checked, writes: list[Write]) -> Answer:
        if self._own is None or self._applier is None:
            return replace(checked, writes=wire.pack(writes))
        number = self._own.run(self._applier.hold(writes))
        return number if isinstance(number, Raised) else replace(checked, held=(number,))


@dataclass(slots=True)
class Lanes:
    """The processes; ``local`` applies what they cannot write themselves."""

    pools: list[Pool[_Job, Answer]]
    local: Applier | None
    _next: int = 0

    @property
    def window(self) -> int:
        """Pieces that may be on their way."""
        return _AHEAD * len(self.pools)

    def submit(self, task: Task) -> Future[Answer]:
        """What comes of a task, in the process whose turn it is. Raises Unavailable when that has died."""
        lane, self._next = self._next, (self._next + 1) % len(self.pools)
        return self.again(replace(task, lane=lane))

    def again(self, task: Task) -> Future[Answer]:
        """The same in the process that had the task before."""
        return self.pools[task.lane].submit(task)

    async def taken(self, answer: Answer) -> Checked | Failed:
        """What was checked, or not; then its writes are held. Raises what the store of the process raised."""
        if isinstance(answer, Checked) and answer.writes and self.local:
            number = await self.local.hold(wire.unpack(answer.writes))
            return replace(answer, held=(number,), writes=b"")
        return answer if isinstance(answer, Checked | Failed) else _raise(answer)

    async def close(self, unit: Unit, checked: Checked) -> Outcome:
        """Apply a unit with the writes of what was checked: durable, or refused and then it is held still.

        Raises what the store raises, Unavailable when the process has died.
        """
        closing = Closing(unit, checked.held)
        if self.local:
            return await self.local.close(closing)
        answer = await asyncio.wrap_future(self.pools[checked.lane].submit(closing))
        return answer if isinstance(answer, tuple | Refusal) else _raise(answer)


def _raise(answer: Answer) -> NoReturn:
    """What a process raised; or it answered something else than what was asked, by a fault of ours."""
    raise answer.error if isinstance(answer, Raised) else TypeError(answer)


@contextmanager
def lanes(count: int, recipe: Recipe, store: Store) -> Iterator[Lanes]:
    """So many processes for an import into a store."""
    apart = Promise.MULTI_PROCESS in store.promises
    url = recipe.settings.store if apart else ""
    with ExitStack() as opened:
        pools = [opened.enter_context(Pool(1, _failed, _Lane, recipe, url, ahead=_AHEAD)) for _ in range(count)]
        yield Lanes(pools, None if apart else Applier(store))


def _failed(job: _Job, trace: str) -> Answer:
    """The answer to a job that raised."""
    return Failed(job, trace.strip().rpartition("\n")[2]) if isinstance(job, Task) else Raised.of(trace)
