"""Expunging beside jobs and long reads, and in a process that is killed: what is read is whole, or it is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import msgspec
import pytest
from export_asking import KEEP, Ticks
from mongo_server import one_node
from store_writes import put, token, unit
from test_store_processes import start

from conformance.definitions import Definitions
from conformance.errors import Gone
from fhir_server.bulk.exporting.kind import ExportKind
from fhir_server.bulk.exporting.manifest import manifest
from fhir_server.bulk.exporting.order import EXPORT, Order
from fhir_server.bulk.exporting.places import Directory
from fhir_server.jobs import Board, Worker
from fhir_server.search import Indexer
from fhir_server.store import open_store
from fhir_server.store.expunging import Expungeable, Wanted
from fhir_server.store.mongo import MongoStore
from fhir_server.store.mongo import store as mongo_store
from fhir_server.store.protocol import HOLDS, Key, Record, Refusal, RefusalReason, Store, Unit
from fhir_server.store.query import ALL, Not, Query, TokenTerm
from fhir_server.store.sqlite import reading as sqlite_reading

pytestmark = pytest.mark.anyio
PREVIOUS = Wanted(previous=True)
KEYS = [f"Patient/p{number}" for number in range(30)]


@pytest.fixture
def expungeable(store: Store) -> Expungeable:
    assert isinstance(store, Expungeable)
    return store


async def write_all(store: Store, round_: int) -> None:
    await store.transact([unit(*(put(key, token("code", "x"), content=round_) for key in KEYS))])


async def expunge(store: Expungeable) -> int:
    return sum([await store.expunge(chunk, PREVIOUS) async for chunk in store.expungeable(PREVIOUS)])


def hold(name: str, position: int | None) -> Unit:
    return Unit(records=(Record(HOLDS, name, None if position is None else b"%d" % position),))


@pytest.mark.usefixtures("snapshot")
async def test_a_position_that_is_gone_cannot_be_held_any_more(expungeable):
    await write_all(expungeable, 1)
    old = await expungeable.position()
    await write_all(expungeable, 2)
    assert await expunge(expungeable) == len(KEYS)
    [refused] = await expungeable.transact([hold("late", old)])
    assert refused == Refusal(RefusalReason.HOLD, None, 0, 0)
    assert await expungeable.record(HOLDS, "late") is None
    [taken] = await expungeable.transact([hold("late", await expungeable.position())])
    assert taken == ()


@pytest.mark.usefixtures("snapshot")
async def test_what_is_held_is_read_whole_however_the_two_meet(expungeable):
    """Holds are taken while others write and expunge: each is refused, or what it holds stays until it is let go."""
    await write_all(expungeable, 0)
    done = asyncio.Event()
    ends = {"held": 0, "refused": 0}

    async def write_on() -> None:
        round_ = 0
        while not done.is_set():
            round_ += 1
            await write_all(expungeable, round_)
            await asyncio.sleep(0.01)

    async def expunge_on() -> None:
        while not done.is_set():
            await expunge(expungeable)
            await asyncio.sleep(0)

    async def read_on(name: str) -> None:
        for round_ in range(8):
            position = await expungeable.position()
            await asyncio.sleep(0.05 if round_ % 4 == 0 else 0)
            [outcome] = await expungeable.transact([hold(name, position)])
            ends["refused" if isinstance(outcome, Refusal) else "held"] += 1
            if outcome == ():
                await asyncio.sleep(0.2)
                rows = [one async for chunk in expungeable.scan((), position) for one in chunk]
                assert sorted(str(one.key) for one in rows) == sorted(KEYS)
                assert len({_round(one.body) for one in rows}) == 1
                await expungeable.transact([hold(name, None)])

    beside = [asyncio.create_task(work()) for work in (write_on, expunge_on)]
    await asyncio.gather(*(read_on(name) for name in ("a", "b")))
    done.set()
    await asyncio.gather(*beside)
    assert ends["held"] > 0


def _round(body: bytes) -> int:
    return int(json.loads(body)["note"])


@pytest.mark.usefixtures("durable")
async def test_a_scan_whose_matches_were_expunged_is_gone(expungeable, monkeypatch):
    """It finds matches in one step and reads them in others."""
    monkeypatch.setattr(mongo_store, "CHUNK", 5)
    monkeypatch.setattr(sqlite_reading, "CHUNK", 5)
    await write_all(expungeable, 1)
    old = await expungeable.position()
    rows = expungeable.scan(("Patient",), old, where=TokenTerm("code", None, "x"))
    assert len(await anext(rows)) == 5
    await write_all(expungeable, 2)
    assert await expunge(expungeable) == len(KEYS)
    with pytest.raises(Gone):
        await anext(rows)
    await rows.aclose()


@pytest.mark.usefixtures("durable")
async def test_an_export_beside_expunging_holds_each_resource_of_its_moment_once(expungeable, tmp_path, definitions):
    """A real job, checkpoint after checkpoint, while every version is replaced and expunged as fast as can be."""
    await write_all(expungeable, 0)
    board, done = Board(expungeable), asyncio.Event()

    async def change() -> None:
        for round_ in range(1, 1000):
            if done.is_set():
                return
            await write_all(expungeable, round_)
            await expunge(expungeable)

    async def export(number: int) -> None:
        name = f"job{number}"
        await board.add(name, EXPORT, msgspec.to_builtins(Order()), number)
        worker = Worker(board, {EXPORT: _kind(expungeable, tmp_path, definitions)}, Ticks(number), "w", keep=KEEP)
        assert await worker.drain() == 1
        job = await board.find(name)
        assert job.state == "completed", job.issues
        files = [item["url"].rpartition("/")[2] for item in manifest(job, "http://x")[0]["output"]]
        rows = [json.loads(line) for file in files for line in (tmp_path / name / file).read_bytes().splitlines()]
        assert sorted(f"Patient/{row['id']}" for row in rows) == sorted(KEYS)
        assert len({row["note"] for row in rows}) == 1

    changing = asyncio.create_task(change())
    for number in range(4):
        await export(number)
    done.set()
    await changing


def _kind(store: Store, folder: Path, definitions: Definitions) -> ExportKind:
    async def indexed() -> Indexer:
        return Indexer(definitions)

    return ExportKind(store, indexed, Directory(folder), Ticks(0), 700)


_EXPUNGING = """
import asyncio, sys
from fhir_server.store import open_store
from fhir_server.store.expunging import Wanted

async def main():
    store = await open_store(sys.argv[1])
    wanted = Wanted(previous=True)
    versions = [one async for chunk in store.expungeable(wanted) for one in chunk]
    print("ready", flush=True)
    for group in range(10):
        chosen = [one for one in versions if one.key.id.startswith(f"{group}-")]
        assert await store.expunge(chosen, wanted) == len(chosen)
        print(group, flush=True)

asyncio.run(main())
"""


@pytest.mark.usefixtures("durable", "multi_process")
@pytest.mark.parametrize(("acknowledged", "milliseconds"), [(0, 3), (1, 0), (2, 40), (3, 620), (4, 8)])
async def test_kill_9_amid_expunging_leaves_each_call_made_or_not(url, acknowledged, milliseconds):
    keys = [f"Patient/{group}-{number}" for group in range(10) for number in range(20)]
    store = await open_store(url)
    for round_ in range(3):
        await store.transact([unit(*(put(key, token("round", str(round_)), content=round_) for key in keys))])
    position = await store.position()
    with start(_EXPUNGING, url) as process:
        said = [process.stdout.readline().strip() for _ in range(acknowledged + 1)]
        await asyncio.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().split()
    async with asyncio.timeout(60):
        left = await _left(store, keys)
    assert set(left.values()) <= {20, 60}, "half of a call was made"
    assert all(left[group] == 20 for group in map(int, said[1:])), "what was acknowledged was not made"
    assert len((await store.search(Query(("Patient",), Not(TokenTerm("round", None, "1"))), limit=300)).versions) == 200
    assert await store.count(Query(("Patient",), ALL), position) == 200
    async with asyncio.timeout(90):
        assert await expunge(store) == sum(count - 20 for count in left.values())
        [outcome] = await store.transact([unit(put(keys[0], content=9))])
    assert outcome[0].version_id == 4
    await store.close()


async def _left(store: Store, keys: list[str]) -> dict[int, int]:
    """Versions of each group that are still there."""
    found = dict.fromkeys(range(10), 0)
    page = await store.history((), None, limit=1000)
    for version in page.versions:
        found[int(version.key.id.partition("-")[0])] += 1
    assert sum(found.values()) >= len(keys)
    return found


async def test_a_long_look_at_mongodb_is_told_when_something_was_expunged_meanwhile():
    """Its first step is before, its last one after: the latest position is looked at again, an older one is gone."""
    name = f"x{os.getpid()}"
    store = await MongoStore.open(one_node().url(name))
    looks: list[int] = []

    async def look(_session: object, _head: object, at: int) -> int:
        looks.append(at)
        if len(looks) == 1:
            await write_all(store, 2)
            assert await expunge(store) >= len(KEYS)
        return at

    try:
        for is_latest in (True, False):
            looks.clear()
            await write_all(store, 1)
            position = await store.position()
            if is_latest:
                assert await store._reader._sights.looked(None, look) > position
                assert len(looks) == 2
                await expunge(store)
            else:
                with pytest.raises(Gone):
                    await store._reader._sights.looked(position, look)
    finally:
        await store.close()
        one_node().drop(name)


async def test_a_stalled_expunger_holds_up_no_writer_for_long(tmp_path):
    """Stopped wherever it is: whoever writes waits for its lease at most, and it does what it began when it goes on."""
    name = f"s{os.getpid()}"
    url = one_node().url(name)
    store = await open_store(url)
    try:
        keys = [f"Patient/{group}-{number}" for group in range(10) for number in range(5)]
        for round_ in range(2):
            await store.transact([unit(*(put(key, content=round_) for key in keys))])
        with start(_EXPUNGING, url) as process:
            assert process.stdout.readline() == "ready\n"
            for number in range(4):
                await asyncio.sleep(0.004 * number)
                process.send_signal(signal.SIGSTOP)
                async with asyncio.timeout(30):
                    [[written]] = await store.transact([unit(put("Patient/other", content=number))])
                assert written.version_id == number + 1
                process.send_signal(signal.SIGCONT)
            rest = await asyncio.to_thread(process.stdout.read)
            assert rest.split() == [str(number) for number in range(10)]
        assert len((await store.history((), None, limit=200)).versions) == len(keys) + 4
        assert (await store.vread(Key("Patient", "other"), 1)) is not None
    finally:
        await store.close()
        one_node().drop(name)
