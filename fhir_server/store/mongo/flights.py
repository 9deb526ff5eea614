"""The position: a counter, and the writes in flight with their leases, in one document.

A group of units reserves its vids and enters itself here in one atomic step, before it commits; it takes itself out
after its commit is on a majority. What lies below the lowest in flight is readable and final: whoever sees a position
here sees all of its versions, on any node that has caught up with this document.

A writer that dies stays entered until its lease ends. Then whoever waits ends its session and puts its *mark* into
``fence``. The writer's transaction puts the same mark there as its last step, so exactly one of the two succeeds: a
fenced writer cannot commit late, and a writer that does not know whether it committed finds out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pymongo
from bson import ObjectId
from pymongo import ReadPreference, ReturnDocument
from pymongo.errors import ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from conformance.errors import Unavailable
from conformance.issues import Message
from fhir_server.store.messages import BUSY, FAILED
from fhir_server.store.mongo.faults import WRITE_CONFLICT
from fhir_server.store.mongo.layout import POSITION, Client, Collections
from fhir_server.store.mongo.moments import PER_MILLISECOND, moment_of
from fhir_server.store.mongo.words import Document

#: Milliseconds after which a writer in flight is taken for dead, at first and at most: who was fenced asks for more.
LEASE, LONGEST_LEASE = 5_000, 60_000
#: Seconds to wait for others in flight before giving up: their lease, and the time the server keeps a transaction.
PATIENCE = 90.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05
_FENCE_SECONDS = 2.0
_HEAD = {"last": 1, "flights.f": 1, "expired": 1, "types": 1, "expunged": 1}


class Head(NamedTuple):
    """What readers need of the document."""

    readable: int
    """All versions up to here are committed or never will be."""
    last: int
    """The last vid that was reserved."""
    expired: int
    """The oldest position that can be searched."""
    types: tuple[str, ...]
    expunged: int = 0
    """Positions before this one saw something that has been expunged since."""


class Announced(NamedTuple):
    """A position that had expired at a time, in microseconds: what only earlier positions see is to be pruned."""

    to: int
    at: int


class Ticket(NamedTuple):
    """Who reserves."""

    mark: ObjectId
    session: Any
    """The id of the session whose transaction it is."""
    lease: int
    """Milliseconds."""


class Flight(NamedTuple):
    """A reservation: vids from ``base`` + 1 to ``end``, which is also the position of the group."""

    base: int
    end: int


class Flights:
    """Reservations and their end."""

    def __init__(self, client: Client, collections: Collections) -> None:
        self._client = client
        self._read = collections.state
        self._state = collections.state.with_options(read_preference=ReadPreference.PRIMARY)
        # The end of a flight that others rely on must outlive the primary.
        self._settled = self._state.with_options(read_concern=ReadConcern("majority"))
        self._fence = collections.fence.with_options(read_preference=ReadPreference.PRIMARY)

    async def head(self, session: Any = None) -> Head:
        """The present state, by the session's reading rules."""
        return _head(await self._read.find_one({"_id": POSITION}, _HEAD, session=session))

    async def reserve(self, ticket: Ticket, count: int, types: Iterable[str], now: int) -> Flight:
        """Reserve so many vids, all of one millisecond: ``now`` (microseconds) or that of the last ones, if later."""
        steps = _reservation(ticket, count, sorted(types), now // 1000)
        found = await self._changed(steps, {"last": 1})
        end = int(found["last"])
        return Flight(end - count, end)

    async def enter(self, ticket: Ticket) -> None:
        """Enter a flight that makes no version: it can be fenced like any other."""
        await self._changed([{"$set": {"flights": {"$concatArrays": ["$flights", [_flight(ticket, "$last")]]}}}], _HEAD)

    async def newest(self, session: Any) -> tuple[int, int]:
        """The last vid that was reserved, and the microsecond before which nothing may be stamped any more."""
        found = await self._state.find_one({"_id": POSITION}, {"last": 1, "floor": 1}, session=session)
        last, floor = (int(found["last"]), int(found["floor"])) if found else (0, 0)
        return last, max(moment_of(last), floor * 1000)

    async def claim(self, ticket: Ticket, last: int, end: int, types: Iterable[str]) -> None:
        """Reserve all vids from ``last`` to ``end``. A conflict when others were reserved meanwhile."""
        found = await self._state.find_one_and_update(
            {"_id": POSITION, "last": last},
            [
                {
                    "$set": {
                        "last": end,
                        "types": {"$setUnion": ["$types", sorted(types)]},
                        "flights": {"$concatArrays": ["$flights", [_flight(ticket, last)]]},
                    }
                }
            ],
        )
        if found is None:
            raise OperationFailure("others reserved vids meanwhile", WRITE_CONFLICT)

    async def land(self, mark: ObjectId) -> Head:
        """Take a flight out, when it has committed or never will."""
        return _head(await self._changed({"$pull": {"flights": {"m": mark}}}, _HEAD))

    async def settle(self, now: int) -> tuple[Head, int]:
        """From here on everything is stamped after the moment given back, in milliseconds."""
        steps = [
            {"$set": {"floor": {"$max": ["$floor", now // 1000, _millisecond("$last")]}}},
            {"$set": {"floor": {"$add": ["$floor", 1]}}},
        ]
        found = await self._changed(steps, {**_HEAD, "floor": 1})
        return _head(found), int(found["floor"]) - 1

    async def _changed(self, steps: Document | list[Document], fields: Document) -> Document:
        """These fields of the document after a change."""
        found = await self._state.find_one_and_update(
            {"_id": POSITION}, steps, projection=fields, return_document=ReturnDocument.AFTER
        )
        if found is None:
            raise Unavailable.of(FAILED, detail="the document of positions is gone")
        return found

    async def expire(self, position: int) -> None:
        """Positions before this one are not searchable any more."""
        await self._state.update_one({"_id": POSITION}, {"$max": {"expired": position}})

    async def expunge(self, position: int) -> None:
        """Positions before this one are not read any more."""
        await self._state.update_one({"_id": POSITION}, {"$max": {"expired": position, "expunged": position}})

    async def announced(self) -> Announced:
        """What was last announced to be pruned."""
        found = await self._state.find_one({"_id": POSITION}, {"pruning": 1})
        last = (found or {}).get("pruning") or {"to": 0, "at": 0}
        return Announced(int(last["to"]), int(last["at"]))

    async def announce(self, now: int, last: Announced) -> None:
        """What has expired up to now is to be pruned after a while; nothing when others said so since ``last``."""
        since = {"$or": [{"pruning": None}, {"pruning.at": last.at}]}
        steps = [{"$set": {"pruning": {"to": "$expired", "at": now}}}]
        await self._state.update_one({"_id": POSITION, **since}, steps)

    async def reach(self, position: int, head: Head | None = None, *, otherwise: Message = BUSY) -> Head:
        """Wait until a position is readable; those in flight below it whose lease has ended are fenced.

        Raises ``Unavailable`` with ``otherwise`` when that takes too long.
        """
        pause, end = _FIRST_PAUSE, time.monotonic() + PATIENCE
        head = head or _head(await self._settled.find_one({"_id": POSITION}, _HEAD))
        while head.readable < position:
            if time.monotonic() > end:
                raise Unavailable.of(otherwise)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            with suppress(ConnectionFailure):  # There may be an election; what was written is to be confirmed.
                if pause == _LONGEST_PAUSE:
                    await self.fence_stale()
                head = _head(await self._settled.find_one({"_id": POSITION}, _HEAD))
        return head

    async def fence_stale(self) -> None:
        """See that writers whose lease has ended cannot commit any more, and take them out."""
        for flight in await self._stale():
            with suppress(OperationFailure):  # It may have ended by itself, or belong to another user.
                await self._client.admin.command("killSessions", [flight["s"]])
            if await self.is_fenced(flight["m"]) is not None:
                await self.land(flight["m"])

    async def is_fenced(self, mark: ObjectId) -> bool | None:
        """True when the transaction of a mark has not committed and never will, False when it has.

        None when that cannot be said yet: it is still open, or the server does not answer.
        """
        try:
            with pymongo.timeout(_FENCE_SECONDS):
                await self._fence.insert_one(fence(mark, committed=False))
        except DuplicateKeyError:
            found = await self._fence.find_one({"_id": mark})
            return found is None or not found["committed"]
        except PyMongoError as error:
            if error.timeout or isinstance(error, ConnectionFailure):
                return None
            raise
        return True

    async def _stale(self) -> Sequence[Document]:
        ended = {"$filter": {"input": "$flights", "cond": {"$lt": ["$$this.until", "$$NOW"]}}}
        cursor = await self._state.aggregate([{"$match": {"_id": POSITION}}, {"$project": {"ended": ended}}])
        found: Sequence[Document] = (await cursor.to_list())[0]["ended"]
        return found


def fence(mark: ObjectId, *, committed: bool) -> Document:
    """The document of a mark. It goes after a day, long after any transaction could still commit."""
    return {"_id": mark, "committed": committed, "at": datetime.now(UTC)}


def _head(document: Document | None) -> Head:
    found = document or {"last": 0, "flights": [], "expired": 0, "types": []}
    last = int(found["last"])  # The driver's own kind of integer stays inside.
    readable = min((int(flight["f"]) for flight in found["flights"]), default=last)
    return Head(readable, last, int(found["expired"]), tuple(found["types"]), int(found.get("expunged", 0)))


def _millisecond(vid: object) -> Document:
    """The millisecond of a vid, exact: division would make it a floating-point number."""
    return {"$toLong": {"$divide": [{"$subtract": [vid, {"$mod": [vid, PER_MILLISECOND]}]}, PER_MILLISECOND]}}


def _flight(ticket: Ticket, base: object) -> Document:
    return {
        "m": ticket.mark,
        "f": base,
        "s": {"$literal": ticket.session},
        "until": {"$add": ["$$NOW", ticket.lease]},
    }


def _reservation(ticket: Ticket, count: int, types: list[str], now: int) -> list[Document]:
    """The steps that enter a flight; vids that would reach into the next millisecond all go there."""
    within = {"$mod": ["$base", PER_MILLISECOND]}
    is_full = {"$gte": [{"$add": [within, count]}, PER_MILLISECOND]}
    next_one = {"$add": ["$base", {"$subtract": [PER_MILLISECOND, within]}]}
    begun = {"$multiply": [{"$max": ["$floor", now]}, PER_MILLISECOND]}
    return [
        {"$set": {"base": {"$max": ["$last", begun]}}},
        {"$set": {"base": {"$cond": [is_full, next_one, "$base"]}}},
        {
            "$set": {
                "last": {"$add": ["$base", count]},
                "types": {"$setUnion": ["$types", types]},
                "flights": {"$concatArrays": ["$flights", [_flight(ticket, "$base")]]},
            }
        },
        {"$unset": "base"},
    ]
