"""Housekeeping: old positions expire, what only they saw of the indexes goes, dead writers are fenced.

Every process does it now and then. Each step may be made twice and at any time.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

from pymongo.errors import PyMongoError

from conformance.errors import FhirError
from fhir_server.store.clock import Clock
from fhir_server.store.mongo import records
from fhir_server.store.mongo.documents import SEARCHED
from fhir_server.store.mongo.flights import Flights
from fhir_server.store.mongo.layout import Collections
from fhir_server.store.mongo.moments import first_at

#: Seconds between rounds.
EVERY = 60.0
#: Search fields stay for so long after it was announced that their position expired: searches that began before can
#: end, and those of processes that have not heard of it yet (``heads.YOUNG``).
GRACE = 120_000_000
_BATCH = 1_000


class Upkeep:
    """Rounds of housekeeping in a task of their own."""

    def __init__(self, collections: Collections, flights: Flights, clock: Clock, horizon: int) -> None:
        self._collections = collections
        self._flights = flights
        self._clock = clock
        self._horizon = horizon
        self._task = asyncio.create_task(self._run(), name="store-upkeep")

    async def close(self) -> None:
        """End the task."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY * (0.5 + random.random()))
            with suppress(PyMongoError, FhirError):  # The next round tries again.
                await self.round()

    async def round(self) -> None:
        """Do what is due."""
        await self._flights.fence_stale()
        now = self._clock()
        await self._flights.expire(await self._last_before(now - self._horizon + 1))
        announced = await self._flights.announced()
        if now - announced.at >= GRACE:
            await self._prune(announced.to)
            await self._flights.announce(now, announced)

    async def _last_before(self, moment: int) -> int:
        """The last position whose versions were all made before a moment, and that is not held."""
        head = await self._flights.head()
        held = await records.held(self._collections.record)
        before = {"$lt": min(first_at(moment), head.readable + 1)}
        found = await self._collections.version.find_one({"_id": before}, {"p": 1}, sort=[("_id", -1)])
        return min((found["p"] if found else 0, *held))

    async def _prune(self, position: int) -> None:
        """Take the search fields of versions that ended at or before a position."""
        version = self._collections.version
        while True:
            ended = version.find({"g": {"$lte": position}}, {"t": 1, "k": 1, "n": 1}).limit(_BATCH)
            found = await ended.to_list()
            for document in found:
                of = {name: document[name] for name in ("t", "k", "n")}
                await version.update_one(of, {"$unset": dict.fromkeys(SEARCHED, "")})
            if len(found) < _BATCH:
                return
