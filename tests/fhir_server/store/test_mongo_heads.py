"""What is readable is asked seldom, and yet every acknowledged write is seen at once, whoever made it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from mongo_stores import Sent

from fhir_server.store.entries import NO_KEY, Entry, Kind, Token
from fhir_server.store.mongo import MongoStore, heads
from fhir_server.store.protocol import Body, Key, Unit, Write
from fhir_server.store.query import Query, Sort, TokenTerm

CODE = Entry("code", Kind.TOKEN, NO_KEY, Token("s", "x"))
CODED = Query(("Patient",), TokenTerm("code", "s", "x"))


@asynccontextmanager
async def opened(url: str, count: int = 1) -> AsyncIterator[tuple[list[MongoStore], Sent]]:
    """So many stores, and what the first of them sends."""
    sent = Sent()
    async with AsyncExitStack() as stack:
        stores = [await MongoStore.open(url, event_listeners=[sent] if number == 0 else []) for number in range(count)]
        for store in stores:
            stack.push_async_callback(store.close)
        yield stores, sent


def put(number: int) -> Unit:
    return Unit((Write(Key("Patient", f"{number}"), Body(b'{"meta":{', b"}}"), (CODE,)),))


async def commands(sent: Sent, asked: object) -> list[str]:
    sent.names.clear()
    await asked
    return sent.names


def test_reads_take_as_few_round_trips_as_there_can_be(url):
    async def main() -> None:
        async with opened(url) as ([store], sent):
            await store.transact([put(number) for number in range(5)])
            position = await store.position()
            assert await commands(sent, store.search(CODED, limit=3, position=position)) == ["find"]
            assert await commands(sent, store.count(CODED, position)) == ["aggregate"]
            assert await commands(sent, store.read(Key("Patient", "1"))) == ["find"]
            assert await commands(sent, store.vread(Key("Patient", "1"), 1)) == ["find"]
            assert await commands(sent, store.read_many([Key("Patient", "1")], position)) == ["find"]
            by_code = Query(CODED.types, CODED.where, (Sort("code"),))
            assert await commands(sent, store.search(by_code, limit=3, position=position)) == ["aggregate"]
            await store.position()
            # At the latest position: the state is asked beside the look.
            assert await commands(sent, store.search(CODED, limit=3)) == ["find", "find"]

    asyncio.run(main())


def test_those_who_ask_at_the_same_time_share_the_answer(url):
    async def main() -> None:
        async with opened(url) as ([store], sent):
            await store.transact([put(1)])
            sent.names.clear()
            positions = await asyncio.gather(*(store.position() for _ in range(50)))
            assert len(set(positions)) == 1
            assert len(sent.names) == 1

    asyncio.run(main())


def test_what_another_process_wrote_is_seen_at_once_also_while_it_goes_on_writing(url):
    async def main() -> None:
        async with opened(url, 2) as ([store, other], _):
            await store.position()
            await store.position()
            for number in range(40):
                await other.transact([put(number)])
                [page, count, position, key] = await asyncio.gather(
                    store.search(CODED, limit=100),
                    store.count(CODED),
                    store.position(),
                    store.read(Key("Patient", f"{number}")),
                )
                assert len(page.versions) == count == number + 1
                assert key.position <= position

    asyncio.run(main())


def test_a_reading_that_began_before_a_call_is_not_given_to_it(url):
    """Each of many callers that come in disorder sees what was acknowledged before it asked."""

    async def main() -> None:
        async with opened(url, 2) as ([store, other], _):
            acknowledged = 0

            async def writes() -> None:
                nonlocal acknowledged
                for number in range(60):
                    [[written]] = await other.transact([put(number)])
                    acknowledged = written.position

            async def asks() -> None:
                while not writing.done():
                    before = acknowledged
                    assert await store.position() >= before
                    await asyncio.sleep(0)

            writing = asyncio.create_task(writes())
            await asyncio.gather(writing, *(asks() for _ in range(8)))

    asyncio.run(main())


def test_a_caller_that_gives_up_takes_nobody_with_it(url):
    async def main() -> None:
        async with opened(url) as ([store], _):
            asked = [asyncio.create_task(store.position()) for _ in range(6)]
            await asyncio.sleep(0)
            for task in asked[::2]:
                task.cancel()
            found = await asyncio.gather(*asked, return_exceptions=True)
            assert [isinstance(one, asyncio.CancelledError) for one in found] == [True, False] * 3

    asyncio.run(main())


def test_an_old_reading_is_not_relied_on(url, monkeypatch):
    async def main() -> None:
        async with opened(url) as ([store], sent):
            await store.transact([put(1)])
            position = await store.position()
            monkeypatch.setattr(heads, "YOUNG", 0.0)
            # Before the look it is asked what can be read, after it whether something was expunged meanwhile.
            assert await commands(sent, store.search(CODED, limit=3, position=position)) == ["find"] * 3

    asyncio.run(main())
