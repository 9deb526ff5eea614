"""The writer: one thread that gathers what concurrent callers want into groups, each of which is one durable commit."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol, TypeAlias

import apsw

from conformance.errors import Unavailable
from fhir_server.store.clock import Clock
from fhir_server.store.messages import CLOSED
from fhir_server.store.moving import Restored
from fhir_server.store.protocol import Outcome, Record, Unit
from fhir_server.store.sqlite.bodies import Packer
from fhir_server.store.sqlite.faults import FAILURES, is_of_the_store, unavailable
from fhir_server.store.sqlite.group import Group
from fhir_server.store.sqlite.making import Maker
from fhir_server.store.sqlite.place import Turnstile
from fhir_server.store.sqlite.rows import RowWriter
from fhir_server.store.sqlite.session import Session

#: A group takes no further call once it has so many writes.
GROUP_WRITES = 2_000
#: After so many seconds without a call the writer does idle work, and so long it rests between steps of that.
IDLE, REST = 0.5, 0.05

#: Work of the housekeeping inside a write transaction.
Job = Callable[[Session], None]


Answer: TypeAlias = "asyncio.Future[list[Outcome]]"


@dataclass(slots=True)
class Call:
    """Units of one caller, or a job, and where the answer goes: a future of the caller's event loop, or nowhere."""

    units: Sequence[Unit]
    answer: Answer | None = None
    job: Job | None = None
    restored: tuple[Sequence[Restored], Sequence[Record]] = ((), ())

    @property
    def weight(self) -> int:
        """Writes in it."""
        return sum(len(unit.writes) + len(unit.records) for unit in self.units) + len(self.restored[0])


class Upkeep(Protocol):
    """What the writer tells about its groups, inside its thread."""

    def before_commit(self, versions: int) -> None:
        """A group of so many versions is written but not committed."""
        ...

    def after_group(self) -> None:
        """It is committed."""
        ...

    def idle(self) -> bool:
        """Nothing was asked for a while. True when there is more to do."""
        ...


class Writer:
    """Owns the writing session."""

    def __init__(self, session: Session, packer: Packer, turnstile: Turnstile, clock: Clock, upkeep: Upkeep) -> None:
        self._session = session
        self._maker = Maker(session.names, session.words, packer)
        self._rows = RowWriter(session.db, self._maker, session.names)
        self._turnstile = turnstile
        self._clock = clock
        self._before_commit = upkeep.before_commit
        self._after_group = upkeep.after_group
        self._idle = upkeep.idle
        self._queue: SimpleQueue[Call | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, call: Call) -> None:
        """Queue a call; its answer is given after the commit. ``Unavailable`` when closed."""
        with self._lock:
            if self._closed:
                raise Unavailable.of(CLOSED)
            self._queue.put(call)

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        silence = IDLE
        while (calls := self._gather(silence)) is not None:
            silence = IDLE
            wanted = [call for call in calls if call.answer is None or not call.answer.cancelled()]
            if wanted:
                self._commit(wanted)
            elif self._idle():
                silence = REST

    def _gather(self, silence: float) -> list[Call] | None:
        """The calls of the next group, none after so many seconds of silence; None at the end."""
        try:
            first = self._queue.get(timeout=silence)
        except Empty:
            return []
        if first is None:
            return None
        calls, weight = [first], first.weight
        while weight < GROUP_WRITES and not self._queue.empty():
            call = self._queue.get()
            if call is None:
                self._queue.put(None)
                break
            calls.append(call)
            weight += call.weight
        return calls

    def _commit(self, calls: Sequence[Call]) -> None:
        """One commit for all; when that fails, one for each, so that a bad call harms no other."""
        try:
            outcomes = self._attempt(calls)
        except Exception as error:  # noqa: BLE001  the thread's outermost edge: the error goes to who called
            self._failed(calls, error)
            return
        _answer(calls, outcomes)
        self._after_group()

    def _failed(self, calls: Sequence[Call], error: Exception) -> None:
        with suppress(apsw.Error):
            self._rows.forget()
        if len(calls) > 1 and not is_of_the_store(error):
            for call in calls:
                self._commit([call])
            return
        told = unavailable(error) if isinstance(error, FAILURES) else error
        _answer(calls, [told] * len(calls))

    def _attempt(self, calls: Sequence[Call]) -> list[list[Outcome]]:
        db = self._session.db
        self._maker.early(write for call in calls for unit in call.units for write in unit.writes)
        with self._turnstile.turn():
            db.execute("BEGIN IMMEDIATE")
            try:
                group = Group(self._session, self._rows, self._clock())
                group.expect(unit for call in calls for unit in call.units)
                outcomes = [self._perform(call, group) for call in calls]
                group.flush()
                self._before_commit(group.versions)
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
        self._maker.finished(sum(call.weight for call in calls), group.versions)
        return outcomes

    def _perform(self, call: Call, group: Group) -> list[Outcome]:
        if call.job is not None:
            group.renew()
            call.job(self._session)
        group.restore(*call.restored)
        return [group.apply(unit) for unit in call.units]


def _answer(calls: Sequence[Call], found: Sequence[list[Outcome] | Exception]) -> None:
    """Give each call its answer, those of one event loop with one hand-over: it is woken once."""
    given: dict[asyncio.AbstractEventLoop, list[tuple[Answer, list[Outcome] | Exception]]] = defaultdict(list)
    for call, outcome in zip(calls, found, strict=True):
        if call.answer is not None:
            given[call.answer.get_loop()].append((call.answer, outcome))
    for loop, answers in given.items():
        with suppress(RuntimeError):  # The loop was closed meanwhile: nobody waits any more.
            loop.call_soon_threadsafe(_resolve, answers)


def _resolve(answers: Sequence[tuple[Answer, list[Outcome] | Exception]]) -> None:
    for answer, found in answers:
        if answer.done():
            continue  # Whoever asked was cancelled.
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)
