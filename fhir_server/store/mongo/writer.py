"""The writer: one task that gathers what concurrent callers want into groups."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from pymongo.errors import PyMongoError

from conformance.errors import Unavailable
from fhir_server.store.messages import CLOSED
from fhir_server.store.mongo.commit import Committer
from fhir_server.store.mongo.faults import is_too_much, passes, told
from fhir_server.store.protocol import Outcome, Unit

#: A group takes no further call once it has so many writes.
GROUP_WRITES = 1_000


class _Call:
    """Units of one caller, and where the answer goes."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._units = units
        self.outcomes: list[Outcome] = []
        self.answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        self.weight = sum(len(unit.writes) + len(unit.records) for unit in units)

    @property
    def remaining(self) -> Sequence[Unit]:
        """What has no outcome yet."""
        return self._units[len(self.outcomes) :]


class Writer:
    """Queues calls and answers them, in the event loop that opened the store."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._calls: deque[_Call] = deque()
        self._wanted = asyncio.Event()
        self._closed = False
        self._task = asyncio.create_task(self._run(), name="store-writer")

    async def submit(self, units: Sequence[Unit]) -> list[Outcome]:
        """The outcomes, after the commit. ``Unavailable`` when closed."""
        if self._closed:
            raise Unavailable.of(CLOSED)
        call = _Call(units)
        self._calls.append(call)
        self._wanted.set()
        return await call.answer

    async def close(self) -> None:
        """Finish what is queued and end the task."""
        self._closed = True
        self._wanted.set()
        await self._task

    async def _run(self) -> None:
        while self._calls or not self._closed:
            calls = [call for call in self._gather() if not call.answer.done()]
            if calls:
                await self._commit(calls)
            elif not self._calls:
                self._wanted.clear()
                if not self._closed:
                    await self._wanted.wait()

    def _gather(self) -> list[_Call]:
        """The calls of the next group."""
        calls: list[_Call] = []
        weight = 0
        while self._calls and weight < GROUP_WRITES:
            calls.append(self._calls.popleft())
            weight += calls[-1].weight
        return calls

    async def _commit(self, calls: Sequence[_Call]) -> None:
        """Commits for all; when one cannot be, those for each, so that a bad call harms no other."""
        open_calls = [call for call in calls if call.remaining]
        try:
            while open_calls:
                units = [unit for call in open_calls for unit in call.remaining]
                _share(await self._committer.apply(units), open_calls)
                open_calls = [call for call in open_calls if call.remaining]
        except Exception as error:  # noqa: BLE001  the task's outermost edge: the error goes to who called
            await self._failed(open_calls, error)
        for call in calls:
            if not call.answer.done():
                call.answer.set_result(call.outcomes)

    async def _failed(self, calls: Sequence[_Call], error: Exception) -> None:
        if len(calls) > 1 and not _is_of_the_store(error):
            for call in calls:
                await self._commit([call])
            return
        for call in calls:
            if not call.answer.done():
                call.answer.set_exception(told(error) if isinstance(error, PyMongoError) else error)


def _is_of_the_store(error: Exception) -> bool:
    """True when nothing can be written now, whatever is asked: calls alone would only wait longer."""
    if isinstance(error, PyMongoError):
        return passes(error) and not is_too_much(error)
    return isinstance(error, Unavailable)


def _share(outcomes: Sequence[Outcome], calls: Sequence[_Call]) -> None:
    """Give each call its outcomes, in order."""
    rest = list(outcomes)
    for call in calls:
        count = len(call.remaining)
        call.outcomes += rest[:count]
        rest = rest[count:]
