"""What is particular to the MongoDB engine: opening, plans without collection scans, limits, housekeeping."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Iterator

import pymongo
import pytest
from bson import ObjectId
from mongo_server import Node, require_mongod
from mongo_stores import HandClock, name, opened, patients, put
from query_cases import HOUR

from conformance.errors import Gone, NotSupported, TooCostly, TooLarge, Unavailable
from fhir_server.store import open_store
from fhir_server.store.mongo import MongoStore, moments, queries, sorting, texts, upkeep
from fhir_server.store.mongo.flights import Ticket
from fhir_server.store.protocol import Key, Unit
from fhir_server.store.query import (
    ID,
    Chain,
    Query,
    ReverseChain,
    Sort,
    StringMode,
    StringTerm,
    TokenTerm,
)


@pytest.fixture
def _leaks() -> Iterator[None]:
    """pymongo leaves a socket to the garbage collector when a client is closed while it connects."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.usefixtures("_leaks")
def test_a_standalone_server_is_refused_with_the_reason(tmp_path):
    node = Node(require_mongod(), tmp_path / "alone")
    try:
        with pytest.raises(NotSupported, match=r"only members of a replica set have transactions.*--replSet"):
            asyncio.run(open_store(f"mongodb://{node.address}/x?directConnection=true&serverMonitoringMode=poll"))
    finally:
        node.kill()


def test_asking_whether_there_is_a_store_makes_none(url):
    async def asked() -> list[bool]:
        before = [await MongoStore.is_made(url), await MongoStore.is_made(url)]
        await (await open_store(url)).close()
        return [*before, await MongoStore.is_made(url)]

    assert asyncio.run(asked()) == [False, False, True]


@pytest.mark.usefixtures("_leaks")
def test_a_server_that_does_not_answer_is_unavailable_and_no_password_is_told():
    url = "mongodb://user:secret-word@127.0.0.1:1/x?serverSelectionTimeoutMS=100"
    with pytest.raises(Unavailable) as raised:
        asyncio.run(open_store(url))
    assert "secret-word" not in str(raised.value)


def test_a_url_that_cannot_be_used_is_told():
    with pytest.raises(NotSupported):
        asyncio.run(open_store("mongodb://host:notaport/x"))


def test_a_store_of_a_newer_layout_is_refused(url):
    async def main() -> None:
        async with opened(url):
            pass
        with pymongo.MongoClient(url) as client:
            client.get_default_database().state.update_one({}, {"$set": {"layout": 99}})
        async with opened(url):
            pass

    with pytest.raises(NotSupported, match="99"):
        asyncio.run(main())


def test_the_url_cannot_weaken_the_writes(url):
    async def main() -> None:
        async with opened(f"{url}&w=1&journal=false") as store:
            assert store._client.write_concern.document == {"w": "majority", "j": True}

    asyncio.run(main())


def test_a_closed_store_says_so(url):
    async def main() -> None:
        async with opened(url) as store:
            pass
        with pytest.raises(Unavailable, match="closed"):
            await store.transact([Unit((put("Patient/1"),))])
        with pytest.raises(Unavailable, match="closed"):
            await store.read(Key("Patient", "1"))

    asyncio.run(main())


def test_a_call_that_cannot_be_written_harms_no_other(url):
    async def main() -> list[object]:
        async with opened(url) as store:
            calls = [
                store.transact([Unit((put(f"Patient/{n}", name("\ud800" if n == 3 else "An")),))]) for n in range(8)
            ]
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
            assert await store.count(Query(("Patient",))) == 7
            return outcomes

    outcomes = asyncio.run(main())
    assert [isinstance(outcome, UnicodeEncodeError) for outcome in outcomes] == [n == 3 for n in range(8)]


def test_a_resource_that_is_too_large_is_told(url):
    async def main() -> None:
        async with opened(url) as store:
            with pytest.raises(TooLarge, match="16 MB"):
                await store.transact([Unit((put("Patient/1", note=b"x" * 17_000_000),))])
            await store.transact([Unit((put("Patient/1"),))])

    asyncio.run(main())


# Limits


@pytest.mark.parametrize(
    ("module", "cap", "query"),
    [
        (queries, "JOIN_CAP", Query(("Patient",), Chain("link", ("Patient",), TokenTerm("code", "s", "x")))),
        (queries, "JOIN_CAP", Query(("Patient",), ReverseChain("Patient", "link", TokenTerm("code", "s", "x")))),
        (texts, "TEXT_CAP", Query(("Patient",), StringTerm("name", StringMode.CONTAINS, "n"))),
        (sorting, "SORT_CAP", Query(("Patient",), TokenTerm("code", "s", "x"), (Sort(ID),))),
    ],
)
def test_beyond_a_limit_a_search_is_refused_and_up_to_it_complete(url, monkeypatch, module, cap, query):
    async def main() -> None:
        async with opened(url) as store:
            await store.transact(patients(9))
            monkeypatch.setattr(sorting, "FEW", 3)
            monkeypatch.setattr(module, cap, 9)
            assert (await store.search(query, limit=20)).versions
            monkeypatch.setattr(module, cap, 8)
            with pytest.raises(TooCostly):
                await store.search(query, limit=20)

    asyncio.run(main())


# Positions and housekeeping


def test_vids_of_a_full_millisecond_all_go_to_the_next_one(url):
    """A million versions in one millisecond: lastUpdated still never goes back, and a group has one."""

    async def main() -> None:
        clock = HandClock()
        async with opened(url, clock=clock) as store:
            flights = store._flights

            async def reserve(count: int) -> object:
                mark = ObjectId()
                flight = await flights.reserve(Ticket(mark, {"id": mark}, 1_000), count, ["Patient"], clock.now)
                await flights.land(mark)
                return flight

            first = await reserve(moments.PER_MILLISECOND - 10)
            second = await reserve(100)
            assert moments.moment_of(first.base + 1) == moments.moment_of(first.end) == clock.now
            assert moments.moment_of(second.base + 1) == moments.moment_of(second.end) == clock.now + 1000
            [[written]] = await store.transact([Unit((put("Patient/1"),))])
            assert written.last_updated == clock.now + 1000
            assert written.position > second.end

    asyncio.run(main())


def test_search_fields_go_when_no_searchable_position_sees_them(url):
    clock = HandClock()

    async def main() -> None:
        async with opened(url, clock=clock) as store:
            version = store._record.database.version
            await store.transact([Unit((put("Patient/1", name("An"), note=b"1"),))])
            old = await store.position()
            await store.transact([Unit((put("Patient/1", name("Vu"), note=b"2"),))])
            await store.tidy()
            assert await version.count_documents({"e": {"$exists": True}}) == 2
            clock.now += 2 * HOUR
            await store.transact([Unit((put("Patient/2"),))])
            await store.tidy()
            with pytest.raises(Gone):
                await store.count(Query(("Patient",)), old)
            assert await version.count_documents({"e": {"$exists": True}}) == 3, "others may not have heard of it yet"
            clock.now += upkeep.GRACE
            await store.tidy()
            assert await version.count_documents({"e": {"$exists": True}}) == 2
            assert await version.count_documents({"g": {"$exists": True}}) == 0
            assert (await store.read(Key("Patient", "1"), old)).version_id == 1
            assert await store.count(Query(("Patient",), StringTerm("name", StringMode.PREFIX, "vu"))) == 1

    asyncio.run(main())


def test_what_was_written_twice_in_one_call_is_seen_at_no_position_but_in_the_history(url):
    async def main() -> None:
        async with opened(url) as store:
            first, second = (Unit((put("Patient/1", name(text), note=text.encode()),)) for text in ("An", "Vu"))
            [[one], [two]] = await store.transact([first, second])
            assert (one.version_id, two.version_id) == (1, 2)
            assert one.position == two.position
            assert await store.count(Query(("Patient",), StringTerm("name", StringMode.PREFIX, "an"))) == 0
            assert [v.version_id for v in (await store.history(("Patient",), "1", limit=5)).versions] == [2, 1]

    asyncio.run(main())
