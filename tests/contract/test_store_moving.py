"""Versions with their own stamps, for the engines that can be moved from and into."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from query_cases import queries
from store_cases import histories
from store_writes import delete, put, token, unit

from conformance.errors import Conflict
from fhir_server.store import open_store
from fhir_server.store.moving import Movable, Restored
from fhir_server.store.protocol import Body, Key, Op, Record, Refusal, Version, Write
from fhir_server.store.query import Query, TokenTerm
from fhir_server.store.reference import ReferenceStore

pytestmark = pytest.mark.anyio
START = 1_700_000_000_000_000


@pytest.fixture
def movable(store):
    if not isinstance(store, Movable):
        pytest.skip("this engine cannot be moved from or into")
    return store


def version(key: str, number: int, op: Op = Op.CREATE, *, at: int = START, position: int = 1) -> Restored:
    write = delete(key) if op is Op.DELETE else put(key, token("code", f"{number}"), content=number)
    body = write.body.stamped(number, at) if write.body else b""
    return Restored(Version(write.key, number, 0, position, at, op, body), write)


async def everything(store: Movable) -> list[Version]:
    position = await store.position()
    return [one async for chunk in store.versions(0, position) for one in chunk]


async def test_versions_keep_their_stamps_and_share_positions(movable):
    rows = [
        version("Patient/a", 1, position=7),
        version("Patient/b", 1, position=7),
        version("Patient/a", 2, Op.UPDATE, at=START + 5_000, position=9),
        version("Patient/b", 2, Op.DELETE, at=START + 5_000, position=10),
        version("Patient/b", 3, Op.CREATE, at=START + 9_000, position=11),
    ]
    await movable.restore(rows[:2])
    await movable.restore(rows[2:], (Record("s", "n", b"1"),))
    found = await everything(movable)
    assert [one._replace(vid=0, position=0) for one in found] == [
        one.version._replace(vid=0, position=0) for one in rows
    ]
    positions = [one.position for one in found]
    assert positions[0] == positions[1] < positions[2] < positions[3] < positions[4] == await movable.position()
    assert [one.vid for one in found] == sorted({one.vid for one in found})
    assert (await movable.read(Key("Patient", "a"))).version_id == 2
    assert (await movable.vread(Key("Patient", "b"), 2)).is_deleted
    assert (await movable.search(Query(("Patient",), TokenTerm("code", None, "3")), limit=5)).versions == (found[4],)
    assert await movable.count(Query(("Patient",), TokenTerm("code", None, "1"))) == 0
    assert (await movable.spaces(), await movable.record("s", "n")) == (["s"], b"1")


async def test_versions_are_read_from_anywhere(movable):
    await movable.transact([unit(put("Patient/a"), put("Patient/b")), unit(delete("Patient/a"))])
    await movable.transact([unit(put("Patient/a", content=2))])
    found = await everything(movable)
    assert [(str(one.key), one.version_id, one.op) for one in found] == [
        ("Patient/a", 1, Op.CREATE),
        ("Patient/b", 1, Op.CREATE),
        ("Patient/a", 2, Op.DELETE),
        ("Patient/a", 3, Op.CREATE),
    ]
    for at, one in enumerate(found):
        rest = [other async for chunk in movable.versions(one.vid, await movable.position()) for other in chunk]
        assert rest == found[at + 1 :]
    before = [one async for chunk in movable.versions(0, found[1].position) for one in chunk]
    assert before == [one for one in found if one.position <= found[1].position]


@pytest.mark.parametrize(
    "bad",
    [
        version("Patient/a", 3, Op.UPDATE, at=START + 9_000),
        version("Patient/a", 1, at=START + 9_000),
        version("Patient/a", 2, Op.CREATE, at=START + 9_000),
        version("Patient/a", 2, Op.UPDATE, at=START - 1_000),
        version("Patient/b", 1, Op.UPDATE, at=START + 9_000),
        version("Patient/b", 1, Op.DELETE, at=START + 9_000),
    ],
    ids=["gap", "again", "created-twice", "older", "update-of-nothing", "delete-of-nothing"],
)
async def test_what_cannot_follow_is_refused_and_nothing_is_written(movable, bad):
    await movable.restore([version("Patient/a", 1)])
    before = await everything(movable)
    good = version("Patient/z", 1, at=max(START, bad.version.last_updated))
    with pytest.raises(Conflict, match="Patient/"):
        await movable.restore([good, bad], (Record("s", "n", b"1"),))
    assert await everything(movable) == before
    assert (await movable.read(good.version.key), await movable.spaces()) == (None, [])


async def test_writing_goes_on_after_what_was_restored(movable, clock):
    late = clock.now + 60_000_000
    await movable.restore([version("Patient/a", 1, at=late)])
    [[written]] = await movable.transact([unit(put("Patient/a", content="new"))])
    assert (written.version_id, written.op) == (2, Op.UPDATE)
    assert written.last_updated >= late
    [[same]] = await movable.transact([unit(put("Patient/a", content="new"))])
    assert not same.changed


async def test_what_was_restored_is_there_when_the_store_is_opened_again(url):
    store = await open_store(url)
    if not isinstance(store, Movable):
        await store.close()
        pytest.skip("this engine cannot be moved from or into")
    await store.restore([version("Patient/a", 1)], (Record("s", "n", b"1"),))
    before = await everything(store)
    await store.close()
    again = await open_store(url)
    kept = url != "memory:"
    assert await everything(again) == (before if kept else [])
    assert await again.spaces() == (["s"] if kept else [])
    await again.close()


async def test_restoring_beside_writers(movable):
    """Whichever comes first, what was acknowledged is there and nothing else."""
    rows = [version(f"Patient/r{number}", 1, at=START + 10**12, position=number) for number in range(20)]
    writes = [[unit(put(f"Patient/w{number}"))] for number in range(20)]
    done = await asyncio.gather(
        *(movable.restore([row]) for row in rows), *map(movable.transact, writes), return_exceptions=True
    )
    wanted = {str(row.version.key) for row, result in zip(rows, done[:20], strict=True) if result is None}
    for result in done[20:]:
        assert not isinstance(result, BaseException)
        assert not isinstance(result[0], Refusal)
        wanted.add(str(result[0][0].key))
    found = await everything(movable)
    assert {str(one.key) for one in found} == wanted
    assert [one.last_updated for one in found] == sorted(one.last_updated for one in found)


@given(history=histories, asked=st.lists(queries, min_size=1, max_size=4))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_history_law(tmp_path_factory, history, asked):
    """A SQLite store that was filled from the plain engine answers as it, and its versions are the same."""
    asyncio.run(_moved(f"sqlite://{tmp_path_factory.mktemp('move')}/store.sqlite", history, asked))


async def _moved(url, history, asked):
    now = [START]
    plain = ReferenceStore(clock=lambda: now[0])
    writes: dict[tuple[Key, int], Write] = {}
    for seconds, units in history:
        now[0] += seconds * 1_000_000
        outcomes = await plain.transact(units)
        for made, outcome in zip(units, outcomes, strict=True):
            writes |= {
                (one.key, one.version_id): write for one, write in zip(outcome, made.writes, strict=True) if one.changed
            }
    rows = [Restored(one, writes[one.key, one.version_id]) for one in await everything(plain)]
    store = await open_store(url)
    try:
        await store.restore(rows)
        # The plain engine counts positions by commit, SQLite by version; vids are the same in both.
        assert [one._replace(position=0) for one in await everything(store)] == [
            row.version._replace(position=0) for row in rows
        ]
        for query in asked:
            page, other = await plain.search(query, limit=50), await store.search(query, limit=50)
            assert [one.vid for one in page.versions] == [one.vid for one in other.versions]
    finally:
        await store.close()


def test_bodies_are_stamped_where_they_were():
    body = Body(b'{"meta":{', b"}}")
    assert body.stamped(2, START).partition(b'"versionId":"2"')[0] == body.head
