"""Lanes: connections of the driver on which a look costs one turn of the event loop.

The driver's own way of a command takes five times the processor time: tasks for the answer and for its end, a session,
a choice of server, several turns of the loop. A lane is a connection that the driver has opened, secured and logged in,
taken out of its pool for good. What comes back on it is an answer or nothing: whatever goes wrong, the look is made
again by the driver, which knows how to wait, choose and tell. Only looks at the primary go this way.

They look at a snapshot of what a majority has, and each answer names its time: all that was acknowledged before the
question was put is in it. So when an answer names the same time as an earlier one, nothing at all was acknowledged
between that one and this question. In a sharded cluster that is not so, and no time is told.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any, NamedTuple

from bson import Timestamp, decode, encode
from bson.errors import InvalidDocument
from pymongo import ReadPreference
from pymongo.errors import ExecutionTimeout, PyMongoError

from fhir_server.store.mongo.layout import Client
from fhir_server.store.mongo.words import Document

#: At most so many lanes; more looks at once go by the driver.
MOST = 32
#: Seconds after which a lane without an answer is looked after, and without one is given up: longer than any look.
LOOK_AFTER, PATIENCE = 0.5, 40.0
_OP_MSG, _HEADER, _BODY = 2013, struct.Struct("<iiiiIB"), 21
_FIRST_BUFFER = 1 << 16
_CLOSING = 10.0
_TOO_SLOW = 50
_SNAPSHOT, _MAJORITY = {"readConcern": {"level": "snapshot"}}, {"readConcern": {"level": "majority"}}
_SHARDED = "Sharded"


class Answer(NamedTuple):
    """What was found, and the time of the snapshot in which it was."""

    documents: list[Document]
    time: Timestamp | None


class Lane(asyncio.BufferedProtocol):
    """One connection, for one look at a time."""

    def __init__(self, connection: Any, patience: float) -> None:
        networking = connection.conn
        self._before, self._transport = networking.get_conn, networking.get_conn.transport
        self._is_cancelled = connection.cancel_context
        self._patience = patience
        self._buffer = bytearray(_FIRST_BUFFER)
        self._filled = 0
        self._number = 0
        self._watch: asyncio.TimerHandle
        self._answer: asyncio.Future[bytes | None] | None = None
        self._loop = asyncio.get_running_loop()
        self.ended = self._loop.create_future()
        self._transport.set_protocol(self)
        self._transport.resume_reading()

    async def ask(self, number: int, message: bytes) -> bytes | None:
        """The answer to the encoded command; None when there will be none, and then the lane has ended."""
        if self.ended.done():
            return None
        self._number = number & 0x7FFFFFFF
        self._answer = self._loop.create_future()
        self._transport.write(_HEADER.pack(_BODY + len(message), self._number, 0, _OP_MSG, 0, 0) + message)
        self._watch = self._loop.call_later(LOOK_AFTER, self._look_after, self._loop.time() + self._patience)
        try:
            return await self._answer
        except asyncio.CancelledError:
            self.end()  # The answer would come to the next one who asks.
            raise
        finally:
            self._watch.cancel()

    def end(self) -> None:
        """Close the connection; who waits gets None."""
        self._transport.abort()
        self._settle(None)

    def _look_after(self, until: float) -> None:
        """The driver's monitor may know that nothing will come, or it was long enough."""
        if self._is_cancelled.cancelled or self._loop.time() >= until:
            self.end()
        else:
            self._watch = self._loop.call_later(LOOK_AFTER, self._look_after, until)

    def _settle(self, answer: bytes | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    # What the transport calls

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  any room will do
        """Where the next bytes go."""
        return memoryview(self._buffer)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """So many bytes came."""
        self._filled += nbytes
        if self._filled < _BODY:
            return
        length, _, answers, code, _, kind = _HEADER.unpack_from(self._buffer)
        if (answers, code, kind) != (self._number, _OP_MSG, 0):
            self.end()
        elif self._filled >= length:
            answer = bytes(memoryview(self._buffer)[_BODY:length])
            self._filled = 0
            if len(self._buffer) > _FIRST_BUFFER:
                self._buffer = bytearray(_FIRST_BUFFER)
            self._settle(answer)
        elif len(self._buffer) < length:
            self._buffer = self._buffer[: self._filled] + bytearray(length - self._filled)

    def eof_received(self) -> None:
        """The server closed the connection."""
        self.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more; the driver is told, too."""
        self._settle(None)
        if not self.ended.done():
            self.ended.set_result(None)
        self._before.connection_lost(exc)


class Lanes:
    """The lanes of a client; more are opened while all are busy."""

    def __init__(self, client: Client) -> None:
        self._client = client
        options: Any = client.options
        is_overheard = bool(options.event_listeners)  # Who listens to commands hears of all of them.
        self.is_open = client.read_preference == ReadPreference.PRIMARY and not is_overheard
        self._patience = min(PATIENCE, options.pool_options.socket_timeout or PATIENCE)
        self._idle: list[Lane] = []
        self._lanes: set[Lane] = set()
        self._kept: set[asyncio.Task[None]] = set()
        self._opening = 0
        self._sent = 0
        self._told: tuple[int, Timestamp | None] = (0, None)
        is_sharded = client.topology_description.topology_type_name == _SHARDED
        self._concern = _MAJORITY if is_sharded else _SNAPSHOT

    @property
    def sent(self) -> int:
        """How many questions were put."""
        return self._sent

    def time(self, after: int) -> Timestamp | None:
        """Of the last question that is answered, if it was put after so many others."""
        return self._told[1] if self._told[0] > after else None

    async def close(self) -> None:
        """End all."""
        self.is_open = False
        for lane in self._lanes:
            lane.end()
        if self._kept:  # One that is being opened ends by itself; cut short, it would leave its socket behind.
            _, late = await asyncio.wait(self._kept, timeout=_CLOSING)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def found(self, database: str, command: Document) -> list[Document] | None:
        """All that a find or an aggregation finds; None when the driver is to be asked.

        Raises ``ExecutionTimeout`` when it takes longer than it may.
        """
        answer = await self.answer(database, command)
        return answer.documents if answer else None

    async def answer(self, database: str, command: Document) -> Answer | None:
        """The same with its time."""
        lane = self._free()
        if lane is None:
            return None
        try:
            message = encode({**command, **self._concern, "$db": database})
        except (InvalidDocument, OverflowError, ValueError):  # As the driver will tell.
            self._idle.append(lane)
            return None
        self._sent += 1
        number = self._sent
        reply = await lane.ask(number, message)
        if lane.ended.done() or reply is None:
            return None
        self._idle.append(lane)
        answer = _answer(decode(reply))
        if answer and number > self._told[0]:
            self._told = number, answer.time
        return answer

    def _free(self) -> Lane | None:
        while self._idle:
            lane = self._idle.pop()
            if not lane.ended.done():
                return lane
        if self.is_open and not self._opening and len(self._kept) < MOST:
            self._opening += 1
            task = asyncio.create_task(self._keep(), name="store-lane")
            self._kept.add(task)
            task.add_done_callback(self._kept.discard)
        return None

    async def _keep(self) -> None:
        """Takes a connection out of the driver's pool, and gives back what is left of it when the lane has ended."""
        client: Any = self._client
        try:
            server = await client._select_server(ReadPreference.PRIMARY, None, "find")
            async with server.pool.checkout() as connection:
                self._opening -= 1
                await self._used(Lane(connection, self._patience))
                await connection.close_conn(None)
        except PyMongoError:
            self._opening = 0  # The driver will tell who asks.
        except AttributeError:
            self.is_open, self._opening = False, 0  # Another version of the driver: it does all.

    async def _used(self, lane: Lane) -> None:
        """Lets others use a lane until it ends."""
        self._lanes.add(lane)
        self._idle.append(lane)
        if not self.is_open:
            lane.end()
        await lane.ended
        self._lanes.discard(lane)


def _answer(found: Document) -> Answer | None:
    if found.get("ok") == 1 and not found["cursor"]["id"]:
        return Answer(found["cursor"]["firstBatch"], found["cursor"].get("atClusterTime"))
    if found.get("code") == _TOO_SLOW:
        raise ExecutionTimeout(found.get("errmsg", ""), _TOO_SLOW, found)
    return None
