"""What happens on MongoDB when the network is cut, stalls or swallows answers amid concurrent work."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
from mongo_server import ReplicaSet, require_mongod
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from store_writes import put, token, unit
from tcp_wire import Wire
from test_mongo_faults import is_soak

from conformance.errors import Unavailable
from fhir_server.store.mongo import MongoStore, transactions
from fhir_server.store.protocol import Key
from fhir_server.store.query import Query, TokenTerm

pytestmark = pytest.mark.anyio
LANES = 6
#: Milliseconds after which the driver gives up on one answer, and on finding a server.
_PATIENCE = {"socketTimeoutMS": 400, "connectTimeoutMS": 400, "serverSelectionTimeoutMS": 1_500}
_QUICK = "&heartbeatFrequencyMS=500"


@pytest.fixture(scope="module")
def wired() -> Iterator[ReplicaSet]:
    """One node behind a wire."""
    replica_set = ReplicaSet(require_mongod(), 1, Wire)
    yield replica_set
    replica_set.stop()


@pytest.fixture
def wire(wired: ReplicaSet) -> Iterator[Wire]:
    found = wired.nodes[0].wire
    assert isinstance(found, Wire)
    yield found
    found.mend()


@pytest.fixture(autouse=True)
def _short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a broken connection leaves behind on the server is cleared when its lease has ended."""
    monkeypatch.setattr(transactions, "LEASE", 800)


@pytest.fixture
async def store(wired: ReplicaSet) -> AsyncIterator[MongoStore]:
    opened = await MongoStore.open(wired.url(f"n{uuid4().hex}", _QUICK), **_PATIENCE)
    yield opened
    await opened.close()


class Lane:
    """Writes a version of two keys in one unit, again and again. Each write makes a version, also of equal content."""

    def __init__(self, store: MongoStore, name: str) -> None:
        self._store = store
        self.keys = (Key("Patient", name), Key("Encounter", name))
        self.acknowledged: list[int] = []
        self.unknown: list[int] = []

    async def write(self, until: asyncio.Event) -> None:
        for number in itertools.count():
            if until.is_set():
                return
            writes = (replace(put(key, token("n", str(number)), content=number), digest=b"") for key in self.keys)
            try:
                await self._store.transact([unit(*writes)])
                self.acknowledged.append(number)
            except Unavailable:
                self.unknown.append(number)

    async def check(self, store: MongoStore) -> None:
        """What was acknowledged is there once, the rest once or not at all, nothing is there by half."""
        stories = []
        for key in self.keys:
            page = await store.history((key.type,), key.id, limit=100_000)
            assert [one.version_id for one in page.versions] == list(range(len(page.versions), 0, -1))
            stories.append([int(one.body.split(b'"note": ')[1].split(b",")[0]) for one in page.versions])
        assert stories[0] == stories[1]
        assert stories[0] == sorted(set(stories[0]), reverse=True)
        assert set(self.acknowledged) <= set(stories[0]) <= {*self.acknowledged, *self.unknown}


async def _under_load(store: MongoStore, trouble: Callable[[], AsyncIterator[None]]) -> list[Lane]:
    """The lanes that wrote before, during and after a trouble that comes several times."""
    lanes, end = [Lane(store, f"lane-{number}") for number in range(LANES)], asyncio.Event()
    writing = [asyncio.create_task(lane.write(end)) for lane in lanes]
    async for _ in trouble():
        before = [len(lane.acknowledged) for lane in lanes]
        while any(len(lane.acknowledged) < known + 2 for lane, known in zip(lanes, before, strict=True)):
            assert not any(task.done() for task in writing)
            await asyncio.sleep(0.01)
    end.set()
    async with asyncio.timeout(120):
        await asyncio.gather(*writing)
    return lanes


class CutAt(CommandListener):
    """Cuts the wire, once, when a command has been sent or has been answered."""

    def __init__(self, wire: Wire, command: str, *, answered: bool) -> None:
        self._wire = wire
        self._command = command
        self._answered = answered
        self.is_done = asyncio.Event()

    def _cut(self, event: CommandStartedEvent | CommandSucceededEvent, *, answered: bool) -> None:
        if (event.command_name, answered) == (self._command, self._answered) and not self.is_done.is_set():
            self.is_done.set()
            self._wire.cut()

    def started(self, event: CommandStartedEvent) -> None:
        self._cut(event, answered=False)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self._cut(event, answered=True)

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to do."""


@pytest.mark.parametrize(
    ("command", "answered"),
    [
        ("find", True),
        ("findAndModify", True),
        ("update", True),
        ("insert", False),
        ("insert", True),
        ("commitTransaction", False),
        ("commitTransaction", True),
    ],
)
async def test_a_cut_at_any_step_of_a_write_leaves_it_made_once_or_not_at_all(wired, wire, command, answered):
    """It lasts longer than the driver's own second try, and the caller need not do anything."""
    url = wired.url(f"n{uuid4().hex}", _QUICK)
    cutter = CutAt(wire, command, answered=answered)
    store = await MongoStore.open(url)
    await store.transact([unit(put("Patient/1"))])
    await store.close()
    patience = {**_PATIENCE, "serverSelectionTimeoutMS": 200}
    store = await MongoStore.open(url, event_listeners=[cutter], **patience)
    write = replace(put("Patient/1", token("code", "x"), content=2), digest=b"")
    writing = asyncio.create_task(store.transact([unit(write)]))
    await cutter.is_done.wait()
    await asyncio.sleep(0.6)
    wire.mend()
    async with asyncio.timeout(90):
        [[written]] = await writing
    assert written.version_id == 2
    assert await store.position() >= written.position
    assert [one.version_id for one in (await store.history((), None, limit=9)).versions] == [2, 1]
    await store.close()


@pytest.mark.parametrize("trouble", ["cut", "stall", "deafen"])
async def test_trouble_amid_concurrent_writes_loses_nothing_and_doubles_nothing(store, wire, trouble):
    """The answers to what was on its way never come: connections end after a while, and new ones are made."""

    async def troubles() -> AsyncIterator[None]:
        for round_ in range(6):
            await asyncio.sleep(0.013 * round_)
            getattr(wire, trouble)()
            await asyncio.sleep(0.05 + 0.1 * (round_ % 3))
            wire.cut()
            await asyncio.sleep(0.05)
            wire.mend()
            yield

    for lane in await _under_load(store, troubles):
        await lane.check(store)
        assert await store.count(Query((), TokenTerm("n", None, str(lane.acknowledged[-1]))))


async def test_while_nothing_comes_through_every_call_ends_with_the_reason_and_then_all_is_as_before(
    store, wire, monkeypatch
):
    monkeypatch.setattr(transactions, "TRYING", 1.0)
    await store.transact([unit(put("Patient/1", token("code", "x")))])
    coded = Query(("Patient",), TokenTerm("code", None, "x"))
    position = await store.position()
    calls: list[Callable[[], object]] = [
        lambda: store.transact([unit(put("Patient/2"))]),
        lambda: store.read(Key("Patient", "1")),
        lambda: store.vread(Key("Patient", "1"), 1),
        lambda: store.read_many([Key("Patient", "1")]),
        lambda: store.search(coded, limit=5),
        lambda: store.count(coded),
        store.counts,
        lambda: store.history((), None, limit=5),
        lambda: store.record("space", "name"),
        store.settle,
        lambda: anext(store.scan((), position)),
        store.position,
    ]
    wire.stall()
    async with asyncio.timeout(60):
        ends = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
    assert [type(one) for one in ends] == [Unavailable] * len(calls)
    assert {one.issues[0].message.id for one in ends} <= {"RST-4518", "RST-4524"}
    wire.mend()
    async with asyncio.timeout(60):
        [[written]] = await store.transact([unit(put("Patient/3"))])
        assert written.version_id == 1
        for call in calls:
            assert await call() is not None or call is calls[8]
    assert await store.count(coded) == 1


async def test_callers_that_wait_together_are_refused_together(store, wire, monkeypatch):
    """Not one after the other, each after a time-out of its own."""
    monkeypatch.setattr(transactions, "TRYING", 1.0)
    wire.stall()
    async with asyncio.timeout(30):
        calls = (store.transact([unit(put(f"Patient/{number}"))]) for number in range(40))
        ends = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(one) for one in ends} == {Unavailable}


@is_soak
async def test_a_primary_that_is_cut_off_is_replaced_and_nothing_is_lost_or_doubled():
    """Nobody reaches it, and it reaches everybody: the others elect another, and clients find out by themselves."""
    replica_set = ReplicaSet(require_mongod(), 3, Wire)
    try:
        store = await MongoStore.open(replica_set.url("partition", _QUICK), socketTimeoutMS=5_000)

        async def troubles() -> AsyncIterator[None]:
            for _ in range(3):
                primary = await asyncio.to_thread(replica_set.primary)
                primary.wire.cut()
                await asyncio.sleep(8)
                yield
                primary.wire.mend()
                await asyncio.sleep(3)

        for lane in await _under_load(store, troubles):
            await lane.check(store)
        await store.close()
    finally:
        replica_set.stop()
