"""Transactions: tried again when they only met another one, and never applied twice."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from bson import ObjectId
from pymongo import ReadPreference, WriteConcern
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from conformance.errors import Unavailable
from fhir_server.store.messages import BUSY, UNCERTAIN
from fhir_server.store.mongo.faults import is_too_much, passes
from fhir_server.store.mongo.flights import LEASE, LONGEST_LEASE, Flights, Head, Ticket, fence
from fhir_server.store.mongo.layout import Client, Collection

#: Seconds in which a transaction is tried again, and in which a commit without an answer is asked about.
TRYING = 60.0
_LONGEST_PAUSE = 0.2
_RULES: dict[str, Any] = {
    "read_concern": ReadConcern("snapshot"),
    "write_concern": WriteConcern("majority", j=True),
    "read_preference": ReadPreference.PRIMARY,
}

T = TypeVar("T")
#: Looks and writes in the session's transaction; gives back what it made.
Body: TypeAlias = Callable[[Any, Ticket], Awaitable[T]]


class Begun(NamedTuple, Generic[T]):
    """A transaction with everything in it, to be committed."""

    mark: ObjectId
    made: T


class Transactions:
    """Runs bodies in transactions."""

    def __init__(self, client: Client, marks: Collection, flights: Flights) -> None:
        self._client = client
        self._marks = marks
        self._flights = flights

    async def run(self, body: Body[T], lessen: Callable[[], None]) -> tuple[T, Head]:
        """What the body made, committed and landed. ``lessen``: make the body do less, as that was too much."""
        end, pause, lease = time.monotonic() + TRYING, 0.002, LEASE
        while True:
            try:
                done = await self._once(body, lease)
            except PyMongoError as error:
                if not passes(error) or time.monotonic() > end:
                    raise
                done = None
                if is_too_much(error):
                    lessen()
            if done is not None:
                return done
            if time.monotonic() > end:
                raise Unavailable.of(BUSY)
            await asyncio.sleep(pause * random.random())
            if pause == _LONGEST_PAUSE:  # What stands in the way may be the transaction of a dead writer.
                await self._clear()
            pause, lease = min(pause * 2, _LONGEST_PAUSE), min(lease * 2, LONGEST_LEASE)

    async def _clear(self) -> None:
        with suppress(PyMongoError):
            await self._flights.fence_stale()

    async def _once(self, body: Body[T], lease: int) -> tuple[T, Head] | None:
        """None when nothing was made and the same may be tried again."""
        async with self._client.start_session(causal_consistency=True) as session:
            begun = await self.begun(session, body, lease)
            is_made = await self.is_committed(session, begun.mark)
        head = await self._landed(begun.mark, is_made=is_made)
        return (begun.made, head) if head else None

    async def _landed(self, mark: ObjectId, *, is_made: bool) -> Head | None:
        """The state after what was made has landed; None when it was not made.

        What was made is never made again, so an error may not leave this method as one that ``passes``.
        """
        end = time.monotonic() + TRYING
        while True:
            try:
                head = await self._flights.land(mark)
            except PyMongoError:
                if not is_made:
                    return None  # Who waits for it takes it out when its lease has ended.
                if time.monotonic() > end:
                    raise Unavailable.of(UNCERTAIN) from None
                await asyncio.sleep(_LONGEST_PAUSE)
            else:
                return head if is_made else None

    async def begun(self, session: Any, body: Body[T], lease: int) -> Begun[T]:
        """A transaction with everything in it; its mark comes last."""
        mark = ObjectId()
        await session.start_transaction(**_RULES)
        try:
            made = await body(session, Ticket(mark, session.session_id, lease))
            await self._marks.insert_one(fence(mark, committed=True), session=session)
        except BaseException:
            with suppress(PyMongoError):
                await session.abort_transaction()
            with suppress(PyMongoError):  # Otherwise it stays in flight until its lease ends.
                await self._flights.land(mark)
            raise
        return Begun(mark, made)

    async def is_committed(self, session: Any, mark: ObjectId) -> bool:
        """Commit. False when the transaction was not made and never will be; without an answer, the mark tells."""
        end = time.monotonic() + TRYING
        while True:
            try:
                await session.commit_transaction()
            except PyMongoError:
                fenced = await self._asked(mark)
                if fenced is not None:
                    return not fenced
                if time.monotonic() > end:
                    raise Unavailable.of(UNCERTAIN) from None
                await asyncio.sleep(_LONGEST_PAUSE)
            else:
                return True

    async def _asked(self, mark: ObjectId) -> bool | None:
        try:
            return await self._flights.is_fenced(mark)
        except PyMongoError:
            return None
