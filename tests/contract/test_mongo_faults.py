"""What happens on MongoDB when a writer stalls or dies, when answers are lost, and when nodes of the set go."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time

import pytest
from mongo_server import ReplicaSet, one_node, require_mongod
from store_writes import put, token, unit
from test_store_processes import start
from test_store_reindexing import INDEXING

from conformance.errors import Unavailable
from fhir_server.store.mongo import MongoStore, transactions
from fhir_server.store.protocol import Guard, Key, Refusal, Unit
from fhir_server.store.query import And, Query, TokenTerm

pytestmark = pytest.mark.anyio
is_soak = pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "soak", reason="a minute of work: in make soak")

_STALLED = """
import asyncio, sys
from fhir_server.store.mongo import MongoStore
from store_writes import put, unit

async def main():
    store = await MongoStore.open(sys.argv[1])
    committer = store._writer._committer
    async with store._client.start_session() as session:
        def body(session, ticket):
            return committer.written(session, ticket, [unit(put("Patient/late"))])
        begun = await committer.transactions.begun(session, body, 1_000)
        print("prepared", flush=True)
        sys.stdin.readline()
        print(await committer.transactions.is_committed(session, begun.mark), flush=True)
    [outcome] = await store.transact([unit(put("Patient/later"))])
    await store.close()
    print(outcome[0].position, flush=True)

asyncio.run(main())
"""


@pytest.fixture(params=["mongodb"])
def url(request, tmp_path):
    name = f"f{os.getpid()}-{time.monotonic_ns()}"
    yield one_node().url(name)
    one_node().drop(name)


@pytest.fixture
async def store(url):
    opened = await MongoStore.open(url)
    yield opened
    await opened.close()


def stalled(url: str) -> subprocess.Popen[str]:
    """A process that has everything in its transaction, and does not commit it until it is told to."""
    process = start(_STALLED, url, stdin=subprocess.PIPE)
    assert process.stdout.readline() == "prepared\n"
    return process


async def test_a_stalled_writer_is_fenced_and_cannot_commit_late(store, url):
    with stalled(url) as process:
        hidden = await store.position()
        [[ours]] = await store.transact([unit(put("Patient/ours"))])
        assert ours.position > hidden
        assert await store.position() >= ours.position
        assert await store.read(Key("Patient", "late")) is None
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "False\n"
        later = int(process.stdout.readline())
    assert later > ours.position
    found = await store.history((), None, limit=10)
    assert [version.key.id for version in found.versions] == ["later", "ours"]


async def test_a_writer_that_dies_before_its_commit_holds_up_no_one_for_long(store, url):
    with stalled(url) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        [[written]] = await store.transact([unit(put("Patient/late", content="another"))])
    assert written.version_id == 1
    assert (await store.history((), None, limit=10)).versions[0].position == written.position


async def test_what_is_in_flight_is_not_readable(store, url):
    with stalled(url) as process:
        await store.transact([Unit(records=())])
        waiting = asyncio.create_task(store.transact([unit(put("Patient/ours"))]))
        position = await store.position()
        process.stdin.write("go on\n")
        process.stdin.flush()
        is_first = process.stdout.readline() == "True\n"
        await waiting
        assert await store.read(Key("Patient", "late"), position) is None
        assert (await store.read(Key("Patient", "late")) is not None) == is_first
        process.stdout.readline()


async def test_a_lost_answer_to_a_commit_is_found_out(store):
    """The mark in ``fence`` tells: made, or never to be made."""
    committer, flights = store._writer._committer, store._flights

    def begun(session, name):
        def body(session, ticket):
            return committer.written(session, ticket, [unit(put(f"Patient/{name}"))])

        return committer.transactions.begun(session, body, 5_000)

    async with store._client.start_session() as session:
        made = await begun(session, "made")
        await session.commit_transaction()
        assert await flights.is_fenced(made.mark) is False
        await flights.land(made.mark)
        lost = await begun(session, "lost")
        await session.abort_transaction()
        assert await flights.is_fenced(lost.mark) is True
        assert await flights.is_fenced(lost.mark) is True
        await flights.land(lost.mark)
    assert await store.read(Key("Patient", "made")) is not None
    assert await store.read(Key("Patient", "lost")) is None


async def test_conditional_creates_of_two_processes_make_one_resource(store, url):
    """Also when their criteria are written in another order."""
    terms = (TokenTerm("identifier", "cccd", "001"), TokenTerm("active", None, "true"))
    entries = token("identifier", "001", "cccd"), token("active", "true")

    async def create(at: MongoStore, number: int) -> object:
        guard = Guard(Query(("Patient",), And(terms if number % 2 else terms[::-1])), None)
        [outcome] = await at.transact([unit(put(f"Patient/{number}", *entries), guards=(guard,))])
        return outcome

    other = await MongoStore.open(url)
    for round_ in range(3):
        stores = (store, other)
        outcomes = await asyncio.gather(*(create(stores[n % 2], round_ * 100 + n) for n in range(64)))
        assert sum(not isinstance(outcome, Refusal) for outcome in outcomes) == (round_ == 0)
    await other.close()


@is_soak
async def test_a_stopped_process_that_comes_back_loses_nothing(store, url):
    writer = _WRITER_OF_ONE
    with start(writer, url) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(50)]
        process.send_signal(signal.SIGSTOP)
        for number in range(20):
            await store.transact([unit(put(f"Patient/meanwhile-{number}"))])
            await asyncio.sleep(1)
        process.send_signal(signal.SIGCONT)
        acknowledged += [process.stdout.readline().strip() for _ in range(50)]
        process.kill()
        acknowledged += process.stdout.read().split()
    await _all_there(store, acknowledged)


_WRITER_OF_ONE = """
import asyncio, itertools, sys
from fhir_server.store import open_store
from store_writes import put, unit

async def main():
    store = await open_store(sys.argv[1])
    for number in itertools.count():
        await store.transact([unit(put(f"Patient/p{number}"), put(f"Patient/q{number}"))])
        print(number, flush=True)

asyncio.run(main())
"""


async def _all_there(store: MongoStore, acknowledged: list[str]) -> None:
    """What was acknowledged is there, nothing is half there, and each is there once."""
    position = await store.position()
    ids = [version.key.id async for chunk in store.scan((), position) for version in chunk]
    assert len(ids) == len(set(ids))
    assert {f"{letter}{number}" for number in acknowledged for letter in "pq"} <= set(ids)
    assert {i[1:] for i in ids if i[0] == "p"} == {i[1:] for i in ids if i[0] == "q"}


@is_soak
async def test_the_primary_is_killed_during_a_load_and_nothing_acknowledged_is_lost():
    replica_set = ReplicaSet(require_mongod(), 3)
    try:
        with start(_WRITER_OF_ONE, replica_set.url("load")) as process:
            acknowledged = [process.stdout.readline().strip() for _ in range(100)]
            for _ in range(3):
                primary = replica_set.primary()
                primary.kill()
                acknowledged += [process.stdout.readline().strip() for _ in range(100)]
                primary.start()
            process.kill()
            acknowledged += process.stdout.read().split()
        store = await MongoStore.open(replica_set.url("load"))
        await _all_there(store, acknowledged)
        await store.close()
    finally:
        replica_set.stop()


@is_soak
async def test_without_a_majority_writes_are_refused_and_reads_go_on_by_setting(monkeypatch):
    monkeypatch.setattr(transactions, "TRYING", 5.0)
    replica_set = ReplicaSet(require_mongod(), 3)
    try:
        url = replica_set.url("cut", "&readPreference=primaryPreferred")
        store = await MongoStore.open(url, serverSelectionTimeoutMS=5_000)
        strict = await MongoStore.open(replica_set.url("cut"), serverSelectionTimeoutMS=5_000)
        await store.transact([unit(put("Patient/1"))])
        await asyncio.sleep(2)
        for node in replica_set.nodes[1:]:
            node.signal(signal.SIGSTOP)
        with pytest.raises(Unavailable, match="the set has no primary"):
            await store.transact([unit(put("Patient/2"))])
        with pytest.raises(Unavailable, match="the set has no primary"):
            await strict.read(Key("Patient", "1"))
        assert (await store.read(Key("Patient", "1"))).version_id == 1
        assert await store.count(Query(("Patient",))) == 1
        for node in replica_set.nodes[1:]:
            node.signal(signal.SIGCONT)
        replica_set.primary()
        await store.transact([unit(put("Patient/3"))])
        assert await store.read(Key("Patient", "3")) is not None
        assert await strict.read(Key("Patient", "3")) is not None
        await strict.close()
        await store.close()
    finally:
        replica_set.stop()


@pytest.mark.parametrize("milliseconds", [0, 3, 11])
async def test_a_reindexer_that_stalls_is_fenced_and_changes_no_later_version(store, url, milliseconds):
    """Wherever it is stopped: writers wait for its lease at most, and it makes nothing of what it began."""
    await store.transact([unit(*(put(f"Patient/{number}", token("code", "0")) for number in range(50)))])
    with start(INDEXING, url) as process:
        process.stdout.readline()
        await asyncio.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(60):
            new = (put(f"Patient/{number}", token("code", "new"), content=2) for number in range(50))
            [outcome] = await store.transact([unit(*new)])
        assert {written.version_id for written in outcome} == {2}
        process.send_signal(signal.SIGCONT)
        for _ in range(3):
            process.stdout.readline()
        process.kill()
    assert await store.count(Query(("Patient",), TokenTerm("code", None, "new"))) == 50
