"""What is particular to the MongoDB engine: opening, plans without collection scans, limits, housekeeping."""

from __future__ import annotations

import asyncio
import gc
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pymongo
import pytest
from bson import ObjectId
from mongo_server import Node, one_node, require_mongod

from conformance.errors import NotSupported, TooCostly, TooLarge, Unavailable
from fhir_server.store import open_store
from fhir_server.store.entries import NO_KEY, Entry, Interval, Kind, Token
from fhir_server.store.mongo import MongoStore, moments, queries, sorting, texts
from fhir_server.store.mongo.flights import Ticket
from fhir_server.store.protocol import Body, Key, Unit, Write
from fhir_server.store.query import (
    ALL,
    ID,
    And,
    Chain,
    Comparison,
    Ids,
    Labelled,
    NearTerm,
    Not,
    OfTypes,
    Or,
    Present,
    Query,
    RangeTerm,
    ReferenceTerm,
    ReverseChain,
    Sort,
    StringMode,
    StringTerm,
    TokenTerm,
    Updated,
    UriTerm,
)

HOUR = 3_600_000_000
SUBJECT = Entry("subject", Kind.REFERENCE, NO_KEY, "Patient/1")


class HandClock:
    now = 1_700_000_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def url() -> Iterator[str]:
    name = f"e{os.getpid()}-{time.monotonic_ns()}"
    yield one_node().url(name)
    one_node().drop(name)


@pytest.fixture
def _leaks() -> Iterator[None]:
    """pymongo leaves a socket to the garbage collector when a client is closed while it connects."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@asynccontextmanager
async def opened(url: str, **options: object):
    store = await MongoStore.open(url, **options)
    try:
        yield store
    finally:
        await store.close()


def put(key: str, *entries: Entry, note: bytes = b"") -> Write:
    of_type, _, logical_id = key.partition("/")
    return Write(Key(of_type, logical_id), Body(b'{"meta":{', b'},"note":"%b"}' % note), entries, note)


def name(text: str) -> Entry:
    return Entry("name", Kind.STRING, NO_KEY, text)


def date(low: int) -> Entry:
    return Entry("date", Kind.RANGE, NO_KEY, Interval(low, low + 1))


def patients(count: int) -> list[Unit]:
    code = Entry("code", Kind.TOKEN, NO_KEY, Token("s", "x"))
    link = Entry("link", Kind.REFERENCE, NO_KEY, "Patient/0")
    writes = (put(f"Patient/{n}", name(f"An {n}"), code, date(n), link) for n in range(count))
    return [Unit((write,)) for write in writes]


@pytest.mark.usefixtures("_leaks")
def test_a_standalone_server_is_refused_with_the_reason(tmp_path):
    node = Node(require_mongod(), tmp_path / "alone")
    try:
        with pytest.raises(NotSupported, match=r"only members of a replica set have transactions.*--replSet"):
            asyncio.run(open_store(f"mongodb://{node.address}/x?directConnection=true&serverMonitoringMode=poll"))
    finally:
        node.kill()


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


# Plans

KINDS = [
    ALL,
    TokenTerm("code", "s", "x"),
    TokenTerm("code", None, "x"),
    TokenTerm("code", "s", None),
    TokenTerm("code", None, None),
    StringTerm("name", StringMode.PREFIX, "an"),
    StringTerm("name", StringMode.WHOLE, "an 1"),
    StringTerm("name", StringMode.EXACT, "An 1"),
    StringTerm("name", StringMode.CONTAINS, "n 1"),
    StringTerm("name", StringMode.SUFFIX, "1"),
    UriTerm("url", "http://a"),
    UriTerm("url", "http://a", below=True),
    *(RangeTerm("date", comparison, 3, 5) for comparison in Comparison),
    ReferenceTerm("link", "Patient/0"),
    Present("date"),
    Ids(frozenset({"1", "2"})),
    OfTypes(frozenset({"Patient"})),
    *(Updated(comparison, HandClock.now, HandClock.now + HOUR) for comparison in Comparison),
    Labelled(frozenset({"s|r"})),
    NearTerm("latitude", "longitude", (100, 100), 10.0),
    And((TokenTerm("code", "s", "x"), StringTerm("name", StringMode.PREFIX, "an"))),
    Or((TokenTerm("code", "s", "x"), RangeTerm("date", Comparison.GE, 3, 5))),
    Not(TokenTerm("code", "s", "x")),
    Not(Present("date")),
    Chain("link", ("Patient",), StringTerm("name", StringMode.PREFIX, "an")),
    ReverseChain("Patient", "link", TokenTerm("code", "s", "x")),
]


def stages(plan: object) -> Iterator[dict]:
    """Every stage of the winning plan of an explanation."""
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for key, value in plan.items():
            if key != "rejectedPlans":
                yield from stages(value)
    elif isinstance(plan, list):
        for value in plan:
            yield from stages(value)


def test_no_kind_of_search_scans_a_collection(url):
    async def main() -> None:
        async with opened(url) as store:
            await store.transact(patients(50))
            for types in (("Patient",), ("Patient", "Encounter"), ()):
                for where in KINDS:
                    explained = await store.explain(Query(types, where))
                    found = {stage["stage"] for stage in stages(explained["queryPlanner"]["winningPlan"])}
                    assert "COLLSCAN" not in found, (types, where)
                    assert found & {"IXSCAN", "EOF", "IDHACK"}, (types, where)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("where", "index"),
    [
        (TokenTerm("code", "s", "y"), "searched"),
        (TokenTerm("code", None, "y"), "searched"),
        (StringTerm("name", StringMode.PREFIX, "an 17"), "searched"),
        (ReferenceTerm("link", "Patient/7"), "searched"),
        (RangeTerm("date", Comparison.EQ, 300, 301), "ranged"),
        (RangeTerm("date", Comparison.SA, 590, 591), "ranged"),
        (RangeTerm("date", Comparison.EB, 5, 6), "ranged"),
        (RangeTerm("date", Comparison.AP, 3, 4), "ranged"),
    ],
)
def test_what_is_rare_is_found_by_looking_at_little(url, where, index):
    """Keys and documents that the server looks at stay few while the collection grows."""

    async def main() -> None:
        async with opened(url) as store:
            await store.transact(patients(600))
            explained = await store.explain(Query(("Patient",), where))
            used = {stage.get("indexName") for stage in stages(explained["queryPlanner"]["winningPlan"])}
            assert index in used
            figures = explained["executionStats"]
            assert figures["totalDocsExamined"] <= 20
            assert figures["totalKeysExamined"] <= 40

    asyncio.run(main())


def test_the_dictionary_of_texts_and_other_looks_use_indexes(url):
    async def main() -> None:
        async with opened(url) as store:
            await store.transact(patients(20))
            database = store._record.database
            regex = {"n": {"$in": ["Patient\x01name\x01"]}, "s": {"$regex": "n 1"}}
            ended = {"g": {"$lte": 5}}
            history = {"t": "Patient", "_id": {"$lt": 1 << 62}}
            for collection, query in (("text", regex), ("version", ended), ("version", history)):
                explained = await database[collection].find(query).explain()
                assert "COLLSCAN" not in {stage["stage"] for stage in stages(explained["queryPlanner"]["winningPlan"])}

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
