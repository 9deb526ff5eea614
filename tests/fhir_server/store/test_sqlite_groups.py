"""Groups of the SQLite writer: their answers come with one hand-over, and the log is copied back seldom."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest

from conformance.errors import Conflict
from fhir_server.store.messages import CLOSED
from fhir_server.store.protocol import Body, Key, Unit, Write
from fhir_server.store.sqlite import SqliteStore, upkeep
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.upkeep import Checkpoints
from fhir_server.store.sqlite.writer import Call


def put(logical_id: str) -> Write:
    return Write(Key("Patient", logical_id), Body(b'{"meta":{', b"}}"), (), logical_id.encode())


def many(count: int) -> list[Write]:
    return [put(f"p{number}") for number in range(count)]


@asynccontextmanager
async def held(folder: Path) -> AsyncIterator[tuple[SqliteStore, threading.Event]]:
    """A store whose writer is at work until the event is set."""
    store = await SqliteStore.open(str(folder / "store.sqlite"))
    begun, free = threading.Event(), threading.Event()

    def wait(_session: Session) -> None:
        begun.set()
        free.wait(30)

    store._engine.writer.submit(Call((), job=wait))
    await asyncio.to_thread(begun.wait, 30)
    try:
        yield store, free
    finally:
        free.set()
        await store.close()


async def asked(store: SqliteStore, writes: list[Write]) -> list[asyncio.Task[object]]:
    """Tasks that store one of these each, all of them queued."""
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(store.transact([Unit((one,))])) for one in writes]
    await asyncio.sleep(0)
    return tasks


def test_all_answers_of_a_group_come_with_one_hand_over(tmp_path, monkeypatch):
    async def main() -> None:
        async with held(tmp_path) as (store, free):
            tasks = await asked(store, many(64))
            loop, woken = asyncio.get_running_loop(), []
            real = loop.call_soon_threadsafe
            monkeypatch.setattr(
                loop, "call_soon_threadsafe", lambda *what, **how: (woken.append(1), real(*what, **how))
            )
            free.set()
            outcomes = await asyncio.gather(*tasks)
            assert len(outcomes) == 64
            assert len(woken) == 1

    asyncio.run(main())


def test_who_gives_up_before_the_group_begins_writes_nothing_and_holds_up_nobody(tmp_path):
    async def main() -> None:
        async with held(tmp_path) as (store, free):
            tasks = await asked(store, many(3))
            tasks[1].cancel()
            await asyncio.sleep(0)
            free.set()
            assert [type(one) for one in await asyncio.gather(*tasks, return_exceptions=True)] == [
                list,
                asyncio.CancelledError,
                list,
            ]
            assert await store.counts() == {"Patient": 2}

    asyncio.run(main())


def test_a_bad_call_fails_alone_and_the_others_of_its_group_are_answered(tmp_path):
    def refuse(_session: Session) -> None:
        raise Conflict.of(CLOSED)

    async def main() -> None:
        async with held(tmp_path) as (store, free):
            tasks = await asked(store, many(2))
            bad = asyncio.create_task(store._job(refuse))
            await asyncio.sleep(0)
            free.set()
            assert len(await asyncio.gather(*tasks)) == 2
            with pytest.raises(Conflict):
                await bad
            assert await store.counts() == {"Patient": 2}

    asyncio.run(main())


def test_a_caller_whose_event_loop_has_ended_holds_up_nobody(tmp_path):
    store = asyncio.run(SqliteStore.open(str(tmp_path / "store.sqlite")))
    begun, free = threading.Event(), threading.Event()

    def wait(_session: Session) -> None:
        begun.set()
        free.wait(30)

    store._engine.writer.submit(Call((), job=wait))
    begun.wait(30)

    async def leave() -> None:
        asyncio.get_running_loop().call_later(0.01, asyncio.current_task().cancel)  # type: ignore[union-attr]
        await store.transact([Unit((put("a"),))])

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())
    free.set()

    async def again() -> None:
        await store.transact([Unit((put("b"),))])
        assert (await store.read(Key("Patient", "b"))) is not None
        await store.close()

    asyncio.run(again())


def test_the_log_is_copied_once_for_so_many_pages_not_with_each_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(upkeep, "_COPY_PAGES", 20)
    db = apsw.Connection(str(tmp_path / "log.sqlite"))
    for pragma in ("journal_mode=WAL", "wal_autocheckpoint=0"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    checkpoints = Checkpoints(tmp_path / "log.sqlite", db)
    asked_for = 0

    def commit(count: int) -> None:
        nonlocal asked_for
        for _ in range(count):
            db.execute("INSERT INTO t VALUES (randomblob(1000))")
            asked_for += checkpoints._wanted.is_set()
            checkpoints._wanted.clear()

    db.execute("CREATE TABLE t (x)")
    commit(100)
    pages = checkpoints._pages
    assert pages >= 100
    assert abs(asked_for - pages / 20) <= 2
    db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
    before = asked_for
    commit(30)
    assert checkpoints._pages < pages
    assert asked_for > before
    db.close()
