"""Entries of stored versions are replaced, and nothing else of them."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import replace
from itertools import starmap

import pytest
from store_writes import delete, put, reference, span, string, token, unit
from test_store_processes import start

from conformance.errors import Unavailable
from fhir_server.store.protocol import Record, Store, Unit, Version
from fhir_server.store.query import ALL, Query, ReferenceTerm, Sort, TokenTerm
from fhir_server.store.reindexing import Reindexable, Reindexed

pytestmark = pytest.mark.anyio


@pytest.fixture
def indexed(store: Store) -> Reindexable:
    if not isinstance(store, Reindexable):
        pytest.skip("an engine that does not index anew")
    return store


async def names(store: Store, where: object, *sort: Sort) -> list[str]:
    page = await store.search(Query(("Patient",), where, sort), limit=10)  # type: ignore[arg-type]
    return [version.key.id for version in page.versions]


async def test_entries_are_replaced_and_no_version_is_made(indexed):
    old = (token("code", "old"), string("name", "b"), span("date", 1, 2), reference("of", "Patient/x"))
    for name in ("a", "b", "c"):
        await indexed.transact([unit(put(f"Patient/{name}", *old))])
    before = {version.key.id: version for version in (await indexed.history((), None, limit=9)).versions}
    fresh = {
        "a": (token("code", "new"), string("name", "z"), span("date", 5, 6), reference("of", "Patient/y")),
        "b": (token("code", "new"), string("name", "c")),
    }
    writes = [replace(put(f"Patient/{name}", *old), entries=entries) for name, entries in fresh.items()]
    assert await indexed.reindex([]) == 0
    assert await indexed.reindex([Reindexed(before[write.key.id], write) for write in writes]) == 2
    assert await names(indexed, TokenTerm("code", None, "new")) == ["a", "b"]
    assert await names(indexed, TokenTerm("code", None, "old")) == ["c"]
    assert await names(indexed, ReferenceTerm("of", "Patient/x")) == ["c"]
    assert await names(indexed, ReferenceTerm("of", "Patient/y")) == ["a"]
    assert await names(indexed, ALL, Sort("name")) == ["c", "b", "a"]
    assert await names(indexed, ALL, Sort("date", descending=True)) == ["a", "c", "b"]
    after = {version.key.id: version for version in (await indexed.history((), None, limit=9)).versions}
    assert after == before
    # Written again, a version gets its entries as ever.
    await indexed.transact([unit(put("Patient/a", token("code", "last")))])
    assert await names(indexed, TokenTerm("code", None, "last")) == ["a"]
    assert await names(indexed, TokenTerm("code", None, "new")) == ["b"]


@pytest.mark.usefixtures("snapshot")
async def test_what_is_not_current_is_left_alone(indexed):
    await indexed.transact([unit(put("Patient/a", token("code", "1")))])
    await indexed.transact([unit(put("Patient/b", token("code", "1")))])
    versions = list((await indexed.history((), None, limit=9)).versions)
    position = await indexed.position()
    await indexed.transact([unit(put("Patient/a", token("code", "2")))])
    await indexed.transact([unit(delete("Patient/b"))])
    writes = [Reindexed(version, put(version.key, token("code", "3"))) for version in versions]
    assert await indexed.reindex(writes) == 0
    assert await names(indexed, TokenTerm("code", None, "3")) == []
    page = await indexed.search(Query(("Patient",), TokenTerm("code", None, "1")), limit=9, position=position)
    assert [version.key.id for version in page.versions] == ["a", "b"]


async def test_nothing_is_replaced_unless_records_are_as_given(indexed):
    """A worker that was taken for dead finds another record, and cannot put older entries back."""
    write = put("Patient/a", token("code", "1"))
    [[written]] = await indexed.transact([Unit((write,), records=(Record("job", "j", b"1"),))])
    version = await indexed.vread(write.key, written.version_id)
    fresh = [Reindexed(version, replace(write, entries=(token("code", "2"),)))]
    wrong = [
        (Record("job", "j", b"2"),),
        (Record("job", "j", None),),
        (Record("job", "k", b"1"),),
        (Record("job", "j", b"1"), Record("job", "k", b"1")),
    ]
    for given in wrong:
        assert await indexed.reindex(fresh, given) is None
    assert (await coded(indexed, "1"), await coded(indexed, "2")) == (1, 0)
    assert await indexed.reindex(fresh, (Record("job", "j", b"1"), Record("job", "k", None))) == 1
    assert (await coded(indexed, "1"), await coded(indexed, "2")) == (0, 1)
    assert await indexed.record("job", "j") == b"1"


async def test_a_record_that_changes_meanwhile_stops_the_work(indexed):
    """Workers that take the job from each other: only the entries of the last one may remain."""
    write = put("Patient/a", token("code", "0"))
    [[written]] = await indexed.transact([Unit((write,), records=(Record("job", "j", b"0"),))])
    version = await indexed.vread(write.key, written.version_id)

    async def work(number: int) -> None:
        mine = Record("job", "j", b"%d" % number)
        await indexed.transact([Unit(records=(mine,))])
        fresh = [Reindexed(version, replace(write, entries=(token("code", f"{number}"),)))]
        for _ in range(1_000):
            if await indexed.reindex(fresh, (mine,)) is None:
                return
            await asyncio.sleep(0)

    working = [asyncio.create_task(work(number)) for number in range(1, 5)]
    for _ in range(20):
        await asyncio.sleep(0.01)
    last = Record("job", "j", b"last")
    await indexed.transact([Unit(records=(last,))])
    fresh = [Reindexed(version, replace(write, entries=(token("code", "last"),)))]
    assert await indexed.reindex(fresh, (last,)) == 1
    await asyncio.gather(*working)
    assert await coded(indexed, "last") == 1


async def coded(store: Store, code: str) -> int:
    return await store.count(Query(("Patient",), TokenTerm("code", None, code)))


@pytest.mark.usefixtures("durable")
async def test_all_are_replaced_or_none(indexed):
    """One of them has a text that cannot be stored."""
    old = [put(f"Patient/{number}", token("code", "1")) for number in range(5)]
    await indexed.transact([unit(*old)])
    versions = sorted((await indexed.history((), None, limit=9)).versions, key=lambda version: version.key)
    codes = ["2", "2", "2", "\ud800", "2"]
    writes = [replace(write, entries=(token("code", code),)) for write, code in zip(old, codes, strict=True)]
    with pytest.raises((UnicodeEncodeError, Unavailable)):
        await indexed.reindex(list(starmap(Reindexed, zip(versions, writes, strict=True))))
    assert (await coded(indexed, "1"), await coded(indexed, "2")) == (5, 0)


async def test_beside_writers_every_version_has_entries_of_its_own(indexed):
    """A version that is replaced meanwhile is left alone, and the one that replaces it is not touched."""
    keys = [f"Patient/{number}" for number in range(8)]
    written = {(key, 0): put(key, token("code", "0"), content=0) for key in keys}
    await indexed.transact([unit(*written.values())])

    async def writes() -> None:
        for number in range(1, 30):
            write = put(keys[number % 8], token("code", f"{number}"), content=number)
            written[keys[number % 8], number] = write
            await indexed.transact([unit(write)])

    async def indexes() -> None:
        while not writing.done():
            versions = (await indexed.search(Query(("Patient",)), limit=9)).versions
            of_each = [(version, written[f"{version.key}", _number(version)]) for version in versions]
            more = [
                Reindexed(version, replace(write, entries=(*write.entries, token("seen", "x"))))
                for version, write in of_each
            ]
            assert 0 <= await indexed.reindex(more) <= 8
            await asyncio.sleep(0)

    writing = asyncio.create_task(writes())
    await asyncio.gather(writing, indexes())
    for version in (await indexed.search(Query(("Patient",)), limit=9)).versions:
        page = await indexed.search(Query(("Patient",), TokenTerm("code", None, f"{_number(version)}")), limit=9)
        assert [one.key for one in page.versions] == [version.key]


def _number(version: Version) -> int:
    return int(version.body.split(b'"note": ')[1].split(b",")[0])


INDEXING = """
import asyncio, itertools, sys
from dataclasses import replace
from fhir_server.store import open_store
from fhir_server.store.reindexing import Reindexed
from store_writes import put, token

async def main():
    store = await open_store(sys.argv[1])
    versions = (await store.history(("Patient",), None, limit=50)).versions
    writes = [put(version.key, token("code", "0")) for version in versions]
    for number in itertools.count(1):
        changed = [replace(write, entries=(token("code", f"{number}"),)) for write in writes]
        await store.reindex([Reindexed(*pair) for pair in zip(versions, changed)])
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.usefixtures("durable", "multi_process")
@pytest.mark.parametrize("rounds", [1, 7])
async def test_kill_9_leaves_no_half_of_it_and_loses_nothing(indexed, url, rounds):
    await indexed.transact([unit(*(put(f"Patient/{number}", token("code", "0")) for number in range(50)))])
    with start(INDEXING, url) as process:
        for _ in range(rounds):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, process.stdout.read().split())])
    counts = {number: await coded(indexed, f"{number}") for number in range(acknowledged + 2)}
    assert {number: count for number, count in counts.items() if count} in ({acknowledged: 50}, {acknowledged + 1: 50})
    versions = (await indexed.history(("Patient",), None, limit=50)).versions
    after = (token("code", "after"),)
    again = [Reindexed(version, replace(put(version.key, token("code", "0")), entries=after)) for version in versions]
    assert await indexed.reindex(again) == 50
    assert await coded(indexed, "after") == 50
