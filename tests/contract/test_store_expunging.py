"""What is expunged is gone for good, and nothing else changes."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from query_cases import queries
from store_cases import histories
from store_writes import delete, put, span, string, token, unit

from conformance.errors import Gone
from fhir_server.store import open_store
from fhir_server.store.expunging import Expungeable, Wanted
from fhir_server.store.moving import Movable, Restored
from fhir_server.store.protocol import HOLDS, Expect, Key, Op, Record, Store, Unit, Version, Write
from fhir_server.store.query import ALL, Not, Query, TokenTerm
from fhir_server.store.reference import ReferenceStore

pytestmark = pytest.mark.anyio
PREVIOUS, DELETED = Wanted(previous=True), Wanted(deleted=True)
BOTH = Wanted(previous=True, deleted=True)
EVERYTHING = Wanted(live=True)


@pytest.fixture
def expungeable(store: Store) -> Expungeable:
    assert isinstance(store, Expungeable)
    return store


def entries(number: int) -> tuple[object, ...]:
    return token("code", f"{number}"), string("name", f"name {number}"), span("date", number, number + 1)


async def fill(store: Store) -> None:
    """a has three versions, b two and is deleted, c one, d was deleted and came back."""
    for name, count in (("a", 3), ("b", 2), ("c", 1)):
        for number in range(count):
            await store.transact([unit(put(f"Patient/{name}", *entries(number)))])
    await store.transact([unit(delete("Patient/b"))])
    await store.transact([unit(put("Group/d", *entries(0)))])
    await store.transact([unit(delete("Group/d"))])
    await store.transact([unit(put("Group/d", *entries(1)))])


async def found(store: Expungeable, wanted: Wanted) -> list[str]:
    rows = [one async for chunk in store.expungeable(wanted) for one in chunk]
    assert all(one.body == b"" for one in rows)
    return sorted(f"{one.key}/{one.version_id}" for one in rows)


async def expunged(store: Expungeable, wanted: Wanted) -> int:
    """Every chunk as it comes."""
    return sum([await store.expunge(chunk, wanted) async for chunk in store.expungeable(wanted)])


async def history(store: Store, *, types: tuple[str, ...] = (), id: str | None = None) -> list[str]:
    page = await store.history(types, id, limit=50)
    return [f"{one.key}/{one.version_id}" for one in page.versions]


async def codes(store: Store, *names: str) -> list[int]:
    return [await store.count(Query((), TokenTerm("code", None, name))) for name in names]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (PREVIOUS, ["Group/d/1", "Group/d/2", "Patient/a/1", "Patient/a/2", "Patient/b/1", "Patient/b/2"]),
        (DELETED, ["Patient/b/1", "Patient/b/2", "Patient/b/3"]),
        (BOTH._replace(types=("Group",)), ["Group/d/1", "Group/d/2"]),
        (BOTH._replace(types=("Patient",), id="a"), ["Patient/a/1", "Patient/a/2"]),
        (BOTH._replace(types=("Patient",), id="a", version_id=2), ["Patient/a/2"]),
        (BOTH._replace(types=("Patient",), id="b", version_id=3), ["Patient/b/3"]),
        (BOTH._replace(types=("Patient",), id="a", version_id=3), []),
        (BOTH._replace(types=("Patient",), id="nobody"), []),
        (Wanted(types=("Patient",)), []),
        (Wanted(types=("Patient",), id="a", live=True), ["Patient/a/1", "Patient/a/2", "Patient/a/3"]),
    ],
)
async def test_what_may_go_is_listed(expungeable, wanted, expected):
    await fill(expungeable)
    assert await found(expungeable, wanted) == expected


async def test_every_way_of_asking_lists_a_version_once(expungeable):
    await fill(expungeable)
    assert len(await found(expungeable, BOTH)) == len(set(await found(expungeable, BOTH))) == 7
    assert len(await found(expungeable, Wanted(live=True))) == 10


async def test_previous_versions_go_and_the_current_stay(expungeable):
    await fill(expungeable)
    before = {one.key: one for one in (await expungeable.history((), None, limit=50)).versions[::-1]}
    assert await expunged(expungeable, PREVIOUS) == 6
    assert await found(expungeable, PREVIOUS) == []
    assert await history(expungeable) == ["Group/d/3", "Patient/b/3", "Patient/c/1", "Patient/a/3"]
    assert await history(expungeable, types=("Patient",), id="a") == ["Patient/a/3"]
    assert await expungeable.vread(Key("Patient", "a"), 2) is None
    assert await expungeable.read(Key("Patient", "a")) == before[Key("Patient", "a")]
    assert await codes(expungeable, "0", "1", "2") == [1, 1, 1]
    assert await expungeable.counts() == {"Patient": 2, "Group": 1}


async def test_a_deleted_resource_goes_with_all_its_versions(expungeable):
    await fill(expungeable)
    assert await expunged(expungeable, DELETED) == 3
    key = Key("Patient", "b")
    assert await expungeable.read(key) is None
    assert [await expungeable.vread(key, number) for number in (1, 2, 3)] == [None, None, None]
    assert await history(expungeable, types=("Patient",), id="b") == []
    assert await found(expungeable, DELETED) == []
    position = await expungeable.position()
    for is_deleted in (False, True):
        rows = [one async for chunk in expungeable.scan((), position, deleted=is_deleted) for one in chunk]
        assert all(one.key != key for one in rows)


async def test_a_version_id_is_never_given_again(expungeable):
    await fill(expungeable)
    await expunged(expungeable, BOTH)
    [[nothing]] = await expungeable.transact([unit(delete("Patient/b"))])
    assert not nothing.changed
    [[written]] = await expungeable.transact([unit(put("Patient/b", *entries(7), expect=Expect.ABSENT))])
    assert (written.version_id, written.op) == (4, Op.CREATE)
    [[again]] = await expungeable.transact([unit(put("Patient/a", *entries(8)))])
    assert (again.version_id, again.op) == (4, Op.UPDATE)
    assert await history(expungeable, types=("Patient",), id="b") == ["Patient/b/4"]
    assert await codes(expungeable, "7", "8") == [1, 1]
    assert await found(expungeable, BOTH) == ["Patient/a/3"]


async def test_what_is_current_stays_unless_everything_is_to_go(expungeable):
    await fill(expungeable)
    every = [one async for chunk in expungeable.expungeable(Wanted(live=True)) for one in chunk]
    alone = [one for one in every if str(one.key) == "Patient/b" and one.op is Op.DELETE]
    assert await expungeable.expunge(alone, BOTH) == 0, "its versions are still there"
    live = [one for one in every if (str(one.key), one.version_id) in (("Patient/a", 3), ("Patient/c", 1))]
    assert await expungeable.expunge(live, BOTH) == 0
    assert await expungeable.expunge(live, EVERYTHING) == 1, "a has more versions"
    assert await expungeable.expunge(every, EVERYTHING) == 9
    assert await expungeable.expunge(every, EVERYTHING) == 0
    assert (await history(expungeable), await expungeable.counts()) == ([], {})
    assert await expungeable.count(Query((), ALL)) == 0
    assert await expungeable.count(Query(("Patient",), Not(TokenTerm("code", None, "9")))) == 0
    [[written]] = await expungeable.transact([unit(put("Patient/c", *entries(1)))])
    assert (written.version_id, written.op) == (2, Op.CREATE)


async def test_what_changed_meanwhile_is_judged_anew(expungeable):
    """A resource that was made anew is no deleted one any more; its versions are previous ones."""
    await fill(expungeable)
    rows = [one async for chunk in expungeable.expungeable(DELETED) for one in chunk]
    await expungeable.transact([unit(put("Patient/b", *entries(5)))])
    assert await expungeable.expunge(rows, DELETED) == 0, "nobody asked for previous versions"
    assert len(await history(expungeable, types=("Patient",), id="b")) == 4
    assert await expungeable.expunge(rows, DELETED._replace(version_id=2)) == 0
    assert await expungeable.expunge(rows, PREVIOUS) == 3, "the deletion is a previous version now"
    assert await history(expungeable, types=("Patient",), id="b") == ["Patient/b/4"]


@pytest.mark.usefixtures("snapshot")
async def test_older_positions_that_saw_it_are_gone(expungeable):
    await expungeable.transact([unit(put("Patient/a", *entries(0))), unit(put("Patient/x", *entries(0)))])
    old = await expungeable.position()
    page = await expungeable.search(Query(("Patient",)), limit=1, position=old)
    await expungeable.transact([unit(put("Patient/a", *entries(1)))])
    between = await expungeable.position()
    await expungeable.transact([unit(put("Patient/x", *entries(1)))])
    rows = [
        one async for chunk in expungeable.expungeable(PREVIOUS._replace(id="a", types=("Patient",))) for one in chunk
    ]
    assert await expungeable.expunge(rows, PREVIOUS) == 1
    for look in (
        expungeable.search(Query(("Patient",)), limit=1, cursor=page.next),
        expungeable.count(Query(("Patient",)), old),
        expungeable.read(Key("Patient", "a"), old),
        expungeable.read_many([Key("Patient", "a")], old),
        anext(aiter(expungeable.scan((), old))),
    ):
        with pytest.raises(Gone):
            await look
    assert (await expungeable.read(Key("Patient", "x"), between)).version_id == 1
    assert len((await expungeable.search(Query(("Patient",)), limit=5, position=between)).versions) == 2


@pytest.mark.usefixtures("snapshot")
async def test_what_open_work_reads_stays(expungeable):
    await fill(expungeable)
    held = await expungeable.position()
    await expungeable.transact([Unit(records=(Record(HOLDS, "export", str(held).encode()),))])
    await expungeable.transact([unit(put("Patient/c", *entries(1)))])
    assert await expunged(expungeable, BOTH) == 6, "the deletion of b, and the first c, are read by the export"
    rows = [one async for chunk in expungeable.scan(("Patient",), held) for one in chunk]
    assert sorted((one.key.id, one.version_id) for one in rows) == [("a", 3), ("c", 1)]
    rows = [one async for chunk in expungeable.scan((), held, deleted=True) for one in chunk]
    assert [str(one.key) for one in rows] == ["Patient/b"]
    assert await expungeable.count(Query(("Patient",)), held) == 2
    await expungeable.transact([Unit(records=(Record(HOLDS, "export", None),))])
    assert await expunged(expungeable, BOTH) == 2


@pytest.mark.usefixtures("snapshot")
async def test_walks_beside_writers_and_expunging_are_whole_or_gone(expungeable, clock):
    """A walk gives each match once, or is told that its position is gone; never a part."""
    keys = {f"Patient/p{number}" for number in range(40)}
    await expungeable.transact([unit(*(put(key, *entries(0)) for key in sorted(keys)))])
    done = asyncio.Event()
    seen = {"whole": 0, "gone": 0}

    async def write() -> None:
        for number in range(1, 16):
            clock.move(seconds=1)
            await expungeable.transact([unit(*(put(key, *entries(number)) for key in sorted(keys)))])
            await asyncio.sleep(0)
        done.set()

    async def expunge_on() -> None:
        while not done.is_set():
            await expunged(expungeable, PREVIOUS)
            await asyncio.sleep(0)

    async def walk() -> None:
        while not done.is_set():
            try:
                seen["whole"] += await _walked(expungeable) == sorted(keys)
            except Gone:
                seen["gone"] += 1

    await asyncio.gather(write(), expunge_on(), walk(), walk())
    assert await _walked(expungeable) == sorted(keys)
    assert await expunged(expungeable, PREVIOUS) >= 0
    assert len((await expungeable.history((), None, limit=100)).versions) == 40
    assert seen["whole"] + seen["gone"] > 0


async def _walked(store: Store) -> list[str]:
    query = Query(("Patient",), ALL)
    page = await store.search(query, limit=7)
    found = list(page.versions)
    while page.next is not None:
        await asyncio.sleep(0)
        page = await store.search(query, limit=7, cursor=page.next)
        found += page.versions
    names = sorted(str(version.key) for version in found)
    assert len(names) == len(set(names)) == 40, names
    return names


async def test_history_that_is_paged_goes_on(expungeable):
    await fill(expungeable)
    page = await expungeable.history((), None, limit=3)
    await expunged(expungeable, BOTH)
    rest = await expungeable.history((), None, limit=20, cursor=page.next)
    assert [f"{one.key}/{one.version_id}" for one in rest.versions] == ["Patient/c/1", "Patient/a/3"]
    assert rest.next is None


async def test_many_go_in_chunks(expungeable):
    for number in range(3):
        await expungeable.transact([unit(*(put(f"Patient/p{at}", *entries(number)) for at in range(700)))])
    await expungeable.transact([unit(*(delete(f"Patient/p{at}") for at in range(0, 700, 2)))])
    sizes = [len(chunk) async for chunk in expungeable.expungeable(BOTH)]
    assert sum(sizes) == 350 * 2 + 350 * 4
    assert await expunged(expungeable, BOTH) == sum(sizes)
    assert await expungeable.counts() == {"Patient": 350}
    assert len((await expungeable.history((), None, limit=2000)).versions) == 350


async def test_it_stays_gone_when_the_store_is_opened_again(url):
    store = await open_store(url)
    await fill(store)
    await expunged(store, BOTH)
    before = await history(store)
    await store.close()
    again = await open_store(url)
    if url != "memory:":
        assert await history(again) == before
        assert await again.read(Key("Patient", "b")) is None
        [[written]] = await again.transact([unit(put("Patient/b", *entries(1)))])
        assert written.version_id == 4
    await again.close()


async def test_what_is_left_moves_to_another_engine(expungeable):
    await fill(expungeable)
    await expunged(expungeable, BOTH)
    await expungeable.transact([unit(put("Patient/b", *entries(1)))])
    rows = [one async for chunk in expungeable.versions(0, await expungeable.position()) for one in chunk]
    assert [one.op for one in rows].count(Op.EXPUNGED) == 7
    target = ReferenceStore()
    assert isinstance(target, Movable)
    await target.restore([Restored(one, _as_written(one)) for one in rows])
    assert await history(target) == await history(expungeable)
    [[written]] = await target.transact([unit(put("Group/d", *entries(9)))])
    assert written.version_id == 4


def _as_written(version: Version) -> Write:
    return put(version.key, *entries(1), content=version.version_id) if version.has_content else delete(version.key)


@given(
    history=histories,
    wanted=st.sampled_from([PREVIOUS, DELETED, BOTH]),
    asked=st.lists(queries, min_size=1, max_size=3),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_history_expunged_law(tmp_path_factory, history, wanted, asked):
    """SQLite answers as the plain engine does, and a search for what is current finds the same before and after."""
    asyncio.run(_compared(f"sqlite://{tmp_path_factory.mktemp('expunge')}/store.sqlite", history, wanted, asked))


async def _compared(url, history, wanted, asked):
    now = [1_700_000_000_000_000]
    plain, store = ReferenceStore(clock=lambda: now[0]), await open_store(url, clock=lambda: now[0])
    try:
        for seconds, units in history:
            now[0] += seconds * 1_000_000
            assert len(await plain.transact(units)) == len(await store.transact(units))
        before = [await plain.search(query, limit=50) for query in asked]
        assert await found(plain, wanted) == await found(store, wanted)
        assert await expunged(plain, wanted) == await expunged(store, wanted)
        for query, page in zip(asked, before, strict=True):
            for engine in (plain, store):
                after = await engine.search(query, limit=50)
                assert [one.key for one in after.versions] == [one.key for one in page.versions]
        histories = [await engine.history((), None, limit=200) for engine in (plain, store)]
        assert [one._replace(position=0) for one in histories[0].versions] == [
            one._replace(position=0) for one in histories[1].versions
        ]
        assert await plain.count(Query((), ALL)) == await store.count(Query((), ALL))
    finally:
        await store.close()
