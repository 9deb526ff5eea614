"""What is readable: asked once for all who want to know it at the same time, and remembered.

A reading that began after a call covers every write that was acknowledged before it. So callers that come while one is
under way share the next one. A position that was once readable stays so, and needs no other reading while the last one
is young: nothing is pruned or expunged that could be read so shortly before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from fhir_server.store.mongo.flights import Flights, Head
from fhir_server.store.mongo.layout import Client

#: Seconds for which a reading says which positions can be read.
YOUNG = 0.5


class Reading(NamedTuple):
    """The state, and the server's times of it: who reads in their wake sees all of it, on every node."""

    head: Head
    cluster_time: Any
    operation_time: Any
    began: float
    is_quiet: bool
    """True when nothing became readable since the reading before."""

    @property
    def is_young(self) -> bool:
        """Whether it still says which positions can be read."""
        return time.monotonic() - self.began <= YOUNG


class Heads:
    """Readings of the state."""

    def __init__(self, client: Client, flights: Flights) -> None:
        self._client = client
        self._flights = flights
        self._last: Reading | None = None
        self._under_way: asyncio.Task[Reading] | None = None
        self._next: asyncio.Task[Reading] | None = None

    @property
    def readable(self) -> int:
        """The greatest position that is known to be readable."""
        return self._last.head.readable if self._last else 0

    def forget(self) -> None:
        """Know nothing any more about what can be searched."""
        if self._last:
            self._last = self._last._replace(began=float("-inf"))

    async def now(self) -> Reading:
        """A reading that begins after this call."""
        return await asyncio.shield(self.asked())

    def asked(self) -> asyncio.Task[Reading]:
        """The same, under way. Others may wait for it, too: it is not to be cancelled."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._under_way), name="store-head")
            self._next.add_done_callback(_seen)
        return self._next

    def young(self, position: int | None = None) -> Reading | None:
        """The last reading, when it is young and says that the position is readable."""
        last = self._last
        if last is None or not last.is_young:
            return None
        return last if position is None or position <= last.head.readable else None

    @asynccontextmanager
    async def session(self, reading: Reading | None = None) -> AsyncIterator[Any]:
        """A session in the wake of a reading, or else of the last one."""
        after = reading or self._last
        async with self._client.start_session(causal_consistency=True) as session:
            if after is not None and after.operation_time is not None:
                session.advance_cluster_time(after.cluster_time)
                session.advance_operation_time(after.operation_time)
            yield session

    async def _after(self, before: asyncio.Task[Reading] | None) -> Reading:
        if before is not None and not before.done():
            await asyncio.wait([before])
        self._under_way, self._next = self._next, None
        began = time.monotonic()
        async with self._client.start_session(causal_consistency=True) as session:
            head = await self._flights.head(session)
            is_quiet = head.readable == self.readable
            reading = Reading(head, session.cluster_time, session.operation_time, began, is_quiet)
        if head.readable >= self.readable:
            self._last = reading
        return reading


def _seen(task: asyncio.Task[Reading]) -> None:
    """An error is nobody's business when all who waited have gone."""
    if not task.cancelled():
        task.exception()
