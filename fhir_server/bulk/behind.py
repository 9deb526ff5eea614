"""A write that runs behind whoever gathers the next one: never two at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable


class Behind:
    """At most one write."""

    def __init__(self) -> None:
        self._running: asyncio.Future[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Does none run?"""
        return self._running is None or self._running.done()

    def begin(self, write: Awaitable[None]) -> None:
        """Let it run. The one before must have been settled."""
        self._running = asyncio.ensure_future(write)

    async def settled(self) -> None:
        """Wait until it has ended; raises what it raised, once."""
        running, self._running = self._running, None
        if running is not None:
            await running

    async def dropped(self) -> None:
        """Break it off, and say nothing of what it raised: what led here was raised already."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
