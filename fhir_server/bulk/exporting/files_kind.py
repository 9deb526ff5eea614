"""What jobs that write files from one position of the store do alike, whatever is in the files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from fhir_server.bulk.exporting.drafts import Drafts
from fhir_server.bulk.exporting.engine import Engine
from fhir_server.bulk.exporting.places import Place
from fhir_server.bulk.exporting.state import State, begun
from fhir_server.bulk.exporting.walks import Walk
from fhir_server.jobs import Job, Lease
from fhir_server.search import Indexer
from fhir_server.store.protocol import HOLDS, Record, Refusal, Store, Unit

#: Bytes from which a file is full.
FILE_SIZE = 128 * 1024 * 1024
#: Microseconds between two tellings of progress.
_TELL = 1_000_000


@dataclass(frozen=True, slots=True)
class FilesKind:
    """See ``fhir_server.jobs.Kind``. ``indexed`` says how the store is indexed now; ``size`` is where a file ends."""

    store: Store
    indexed: Callable[[], Awaitable[Indexer]]
    place: Place
    clock: Callable[[], int]
    size: int = FILE_SIZE

    async def begin(self, lease: Lease, expected: int | None) -> State:
        """The position that is read and held from now on, kept; about ``expected`` resources are there."""
        while True:
            state = begun(await self.store.settle())
            hold = Record(HOLDS, lease.job.id, b"%d" % state.position)
            kept = state.kept()
            outcome = await lease.checkpoint(self.clock(), records=(hold,), checkpoint=kept, expected=expected)
            if not isinstance(outcome, Refusal):
                return state  # Otherwise something was expunged at this very moment, and a later position is due.

    async def write(self, lease: Lease, walks: Sequence[Walk], state: State, drafts: Drafts) -> State:
        """Go through the walks from a state on; the last state. Raises as ``Kind.run`` does."""
        keep = _Keeping(lease, self.clock)
        return await Engine(self.store, walks, state, drafts, keep, self.clock, self.size, keep.tell).run()

    async def end(self, lease: Lease, state: State) -> None:
        """Keep the last state, let the position go, and then, since the job is surely ours, remove stray files."""
        released = Record(HOLDS, lease.job.id, None)
        await lease.checkpoint(self.clock(), records=(released,), checkpoint=state.kept(), done=state.count)
        names = [file.name for file in state.files]
        await asyncio.to_thread(self.place.retain, lease.job.id, names)

    async def clean(self, job: Job) -> None:
        """Remove every file, and let the position go."""
        await asyncio.to_thread(self.place.retain, job.id, ())
        await self.store.transact([Unit(records=(Record(HOLDS, job.id, None),))])


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
