"""Lanes bring what the driver brings, with fewer questions, and nobody notices when one breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from mongo_stores import opened, patients
from pymongo.errors import ExecutionTimeout
from query_cases import KINDS

from fhir_server.store.entries import NO_KEY, Entry, Kind, Token
from fhir_server.store.mongo import MongoStore
from fhir_server.store.protocol import Body, Key, Unit, Write
from fhir_server.store.query import ALL, Query, Sort, TokenTerm

CODE = Entry("code", Kind.TOKEN, NO_KEY, Token("s", "x"))
CODED = Query(("Patient",), TokenTerm("code", "s", "x"))
#: The same, of which each asks alone (``gathering``).
SORTED = Query(CODED.types, CODED.where, (Sort("name"),))


def put(number: int, size: int = 0) -> Unit:
    body = Body(b'{"meta":{', b'},"note":"%b"}' % (b"x" * size))
    return Unit((Write(Key("Patient", f"{number}"), body, (CODE,)),))


@asynccontextmanager
async def warm(url: str, count: int = 1) -> AsyncIterator[list[MongoStore]]:
    """Stores that have a lane, and know that nothing is being written."""
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(opened(url)) for _ in range(count)]
        for store in stores:
            await until_lanes(store)
        yield stores


async def until_lanes(store: MongoStore) -> None:
    await store.position()
    async with asyncio.timeout(20):
        while store._heads.young() is None or store._heads.young().time is None:
            await store.position()
            await asyncio.sleep(0.01)


async def questions(store: MongoStore, asked: Awaitable[object]) -> int:
    before = store._lanes.sent
    await asked
    return store._lanes.sent - before


def test_while_nothing_is_written_a_search_is_one_question(url):
    async def main() -> None:
        async with warm(url) as [store]:
            await store.transact([put(number) for number in range(5)])
            await until_lanes(store)
            for _ in range(20):
                assert await questions(store, store.search(CODED, limit=3)) == 1
                assert await questions(store, store.count(CODED)) == 1
                assert await questions(store, store.read_many([Key("Patient", "1")])) == 1
                assert await questions(store, store.read(Key("Patient", "1"))) == 1
            found = store._heads.young()
            assert found is not None, "each answer told that what is known is still so"

    asyncio.run(main())


def test_what_another_process_has_written_is_seen_by_the_next_search(url):
    """Each round the reader has just been told that nothing is being written."""

    async def main() -> None:
        async with warm(url, 2) as [store, other]:
            for number in range(60):
                await store.search(CODED, limit=1)
                await other.transact([put(number)])
                assert await store.count(CODED) == number + 1
                assert (await store.search(CODED, limit=100)).versions[-1].key.id == f"{number}"
                if number % 3 == 0:
                    await until_lanes(store)

    asyncio.run(main())


def test_what_is_acknowledged_while_searches_run_is_seen_by_those_that_come_after(url):
    """Writers of two processes, and readers that never rest."""

    async def main() -> None:
        async with warm(url, 2) as stores:
            done = asyncio.Event()
            acknowledged = [0]

            async def write(lane: int) -> None:
                for number in range(25):
                    await stores[lane].transact([put(lane * 100 + number)])
                    acknowledged[0] += 1
                    await asyncio.sleep(0.02 if number % 5 == 0 else 0)

            async def read(store: MongoStore) -> None:
                while not done.is_set():
                    known = acknowledged[0]
                    assert await store.count(CODED) >= known

            reading = [asyncio.create_task(read(store)) for store in stores * 3]
            await asyncio.gather(write(0), write(1))
            done.set()
            await asyncio.gather(*reading)
            assert [await store.count(CODED) for store in stores] == [50, 50]

    asyncio.run(main())


def test_every_kind_of_search_finds_what_the_driver_finds(url):
    async def main() -> None:
        async with warm(url, 2) as [store, other]:
            await store.transact(patients(40))
            await until_lanes(store)
            other._lanes.is_open = False
            other._lanes._idle.clear()
            for where in KINDS:
                for sort in ((), (Sort("name"),), (Sort("date", descending=True),)):
                    query = Query(("Patient",), where, sort)
                    assert await store.search(query, limit=7) == await other.search(query, limit=7)
                assert await store.count(Query((), where)) == await other.count(Query((), where))

    asyncio.run(main())


def test_answers_may_be_large_and_larger_than_one_message(url):
    async def main() -> None:
        async with warm(url) as [store]:
            for number in range(12):
                await store.transact([put(number, 3_000_000 if number % 2 else 100_000)])
            await until_lanes(store)
            for limit in (1, 3, 20):
                page = await store.search(CODED, limit=limit)
                assert [one.key.id for one in page.versions] == [str(number) for number in range(12)][:limit]
                assert [len(one.body) > 2_000_000 for one in page.versions] == [n % 2 == 1 for n in range(12)][:limit]
                assert (page.next is None) == (limit == 20)
            assert len((await store.history((), None, limit=20)).versions) == 12

    asyncio.run(main())


def test_a_lane_that_breaks_is_replaced_and_nobody_notices(url):
    async def main() -> None:
        async with warm(url) as [store]:
            await store.transact([put(number) for number in range(5)])
            for _ in range(3):
                await until_lanes(store)
                asked = [asyncio.create_task(store.search(SORTED, limit=9)) for _ in range(8)]
                await asyncio.sleep(0)
                for lane in list(store._lanes._idle):
                    lane.end()
                for page in await asyncio.gather(*asked):
                    assert len(page.versions) == 5
            await until_lanes(store)

    asyncio.run(main())


def test_who_gives_up_leaves_no_answer_to_others(url):
    async def main() -> None:
        async with warm(url) as [store]:
            await store.transact([put(number) for number in range(5)])
            for _ in range(4):
                async with asyncio.timeout(20):  # The driver may leave a socket behind that is being opened.
                    while len(store._lanes._idle) < 5:
                        await asyncio.gather(*(store.search(SORTED, limit=9) for _ in range(6)))
                asked = [asyncio.create_task(store.search(SORTED, limit=limit)) for limit in range(1, 6)]
                for _ in range(3):
                    await asyncio.sleep(0)
                asked[1].cancel()
                asked[3].cancel()
                found = await asyncio.gather(*asked, return_exceptions=True)
                assert [len(page.versions) for page in found[::2]] == [1, 3, 5]

    asyncio.run(main())


def test_a_look_that_takes_too_long_says_so(url):
    async def main() -> None:
        async with warm(url) as [store]:
            await store.transact([put(number) for number in range(20)])
            await until_lanes(store)
            many = {"input": {"$range": [0, 300_000]}, "initialValue": "$_id", "in": {"$add": ["$$value", 1]}}
            slow = {"$match": {"$expr": {"$lt": [{"$reduce": many}, 0]}}}
            command = {"aggregate": "version", "pipeline": [slow], "cursor": {}, "maxTimeMS": 20}
            with pytest.raises(ExecutionTimeout):
                await store._lanes.found(store._record.database.name, command)
            assert await store.count(Query((), ALL)) == 20

    asyncio.run(main())


def test_lanes_are_for_the_primary_alone(url):
    async def main() -> None:
        async with opened(f"{url}&readPreference=secondaryPreferred") as store:
            await store.transact([put(1)])
            assert await store.count(CODED) == 1
            assert (await store.search(CODED, limit=1)).versions[0].key.id == "1"
            assert store._lanes.sent == 0

    asyncio.run(main())
