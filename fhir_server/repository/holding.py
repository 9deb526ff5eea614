"""Holding a position for an answer that takes its time, so that nothing of it goes meanwhile.

Jobs hold theirs until they end, and a job is never lost. An answer may be: its hold carries the moment until which it
counts in its name, is renewed while the answer goes on, and what an interrupted process left is taken away by others.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fhir_server.store.protocol import HOLDS, Record, Store, Unit

#: Microseconds that a hold counts without being renewed; it is renewed after a third of that.
SPAN = 300_000_000
_until = re.compile(r"answer-(\d+)-.*", re.DOTALL).fullmatch


class Hold:
    """One hold, from the first ``keep`` until ``release``. ``id`` is new; ``clock`` gives microseconds since 1970."""

    def __init__(self, store: Store, position: int, id: str, clock: Callable[[], int]) -> None:
        self._store, self._position, self._id, self._clock = store, position, id, clock
        self._until = 0

    async def keep(self) -> None:
        """Hold the position for another span, and take away what others left."""
        now = self._clock()
        if self._until - now > SPAN * 2 // 3:
            return
        await forget_old(self._store, now)
        until = now + SPAN
        records = (Record(HOLDS, f"answer-{until}-{self._id}", b"%d" % self._position), *self._held())
        self._until = until
        await self._store.transact([Unit(records=records)])

    async def release(self) -> None:
        """Hold nothing any more."""
        held, self._until = self._held(), 0
        if held:
            await self._store.transact([Unit(records=held)])

    def _held(self) -> tuple[Record, ...]:
        """What takes the present hold away."""
        return (Record(HOLDS, f"answer-{self._until}-{self._id}", None),) if self._until else ()


async def forget_old(store: Store, now: int) -> None:
    """Take away holds of answers that nobody renews any more."""
    names = [name async for name, _ in store.records(HOLDS)]
    old = [name for name in names if (found := _until(name)) and int(found[1]) <= now]
    if old:
        await store.transact([Unit(records=tuple(Record(HOLDS, name, None) for name in old))])
