"""Looks at a readable position, the latest or a given one, in one causally consistent session.

What is read lies at or below a readable position, so it is committed on a majority and final; that is why the driver's
reads need no read concern. With a read preference for secondaries the session makes them wait for that position.

A round trip costs more than most looks. So a look at the latest position begins at the one that is known, unless writes
are going on. The state is asked meanwhile whether that is still the latest; when it is not, the look is made again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from conformance.errors import Gone
from fhir_server.store.messages import PAGE_EXPIRED
from fhir_server.store.mongo.flights import Head
from fhir_server.store.mongo.heads import Heads, Reading

T = TypeVar("T")


class Sights:
    """Chooses positions, and sees that what was seen there is whole."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads

    @asynccontextmanager
    async def looking(self, position: int | None = None) -> AsyncIterator[tuple[Any, Head]]:
        """A session, and a state that says whether the position (None: any) can be read."""
        reading = self._heads.young(position) if position is not None else None
        reading = reading or await self._heads.now()
        async with self._heads.session(reading) as session:
            yield session, reading.head

    async def looked(self, position: int | None, look: Callable[[Any, Head, int], Awaitable[T]]) -> T:
        """What a look in a session brings at a position, the latest one when it is None.

        ``Gone`` when that saw something that was expunged meanwhile. The latest one is looked at again then.
        """
        while True:
            reading, found = await self._once(position, look)
            if await self._is_whole(reading, position):
                return found
            if position is not None:
                raise Gone.of(PAGE_EXPIRED)

    async def _once(self, position: int | None, look: Callable[[Any, Head, int], Awaitable[T]]) -> tuple[Reading, T]:
        async def looked(reading: Reading) -> tuple[Reading, T]:
            async with self._heads.session(reading) as session:
                return reading, await look(session, reading.head, at_most(position, reading.head))

        guess = self._heads.young(position)
        if guess is None or (position is None and not guess.is_quiet):
            return await looked(await self._heads.now())
        if position is not None:
            return await looked(guess)
        asked = self._heads.asked()
        _, found = await looked(guess)
        reading = await asyncio.shield(asked)
        return (reading, found) if reading.head.readable == guess.head.readable else await looked(reading)

    async def _is_whole(self, reading: Reading, position: int | None) -> bool:
        """Whether a look that took long saw nothing that was expunged before it ended. A short one never does."""
        if reading.is_young:
            return True
        now = await self._heads.now()
        return at_most(position, reading.head) >= now.head.expunged


def at_most(position: int | None, head: Head) -> int:
    """The position, or the latest one when it is None or lies beyond it."""
    return head.readable if position is None else min(position, head.readable)
