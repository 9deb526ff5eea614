"""Settled moments, scans with conditions, and held positions: what every engine promises to an export."""

from __future__ import annotations

import asyncio

import pytest
from query_cases import START
from store_writes import delete, put, reference, token, unit

from conformance.errors import Gone
from fhir_server.store.protocol import HOLDS, Record, Store, Unit, Version
from fhir_server.store.query import ALL, Chain, Predicate, TokenTerm

pytestmark = pytest.mark.anyio
SECOND = 1_000_000


async def scanned(store: Store, position: int, types: tuple[str, ...] = (), **how: object) -> list[Version]:
    return [version async for chunk in store.scan(types, position, **how) for version in chunk]  # type: ignore[arg-type]


async def names(store: Store, position: int, where: Predicate = ALL, **how: object) -> list[str]:
    return [str(version.key) for version in await scanned(store, position, where=where, **how)]


@pytest.mark.usefixtures("snapshot")
async def test_what_is_committed_later_is_stamped_later(store, clock):
    """Also when the clock stands still, or goes back."""
    for number, step in enumerate((0, 0, 500, -3 * SECOND, 2 * SECOND, -SECOND)):
        clock.now += step
        await store.transact([unit(put(f"Patient/a{number}"))])
        moment = await store.settle()
        assert moment.position == await store.position()
        assert moment.at % 1000 == 0
        clock.now -= step % 7 * 100
        [written] = (await store.transact([unit(put(f"Patient/b{number}"))]))[0]
        assert written.last_updated > moment.at
        assert all(version.last_updated <= moment.at for version in await scanned(store, moment.position))


@pytest.mark.usefixtures("snapshot")
async def test_a_moment_holds_when_others_write_at_once(store, clock):
    async def write(lane: int) -> None:
        for number in range(20):
            await store.transact([unit(put(f"Patient/{lane}-{number}"))])

    async def settle() -> list[object]:
        return [await store.settle() for _ in range(20)]

    *_, moments = await asyncio.gather(write(1), write(2), write(3), settle())
    every = await scanned(store, await store.position())
    for moment in moments:
        early = [version.vid for version in every if version.last_updated <= moment.at]
        assert early == [version.vid for version in every if version.position <= moment.position]


async def test_an_empty_store_settles(store, clock):
    moment = await store.settle()
    assert moment == (0, clock.now // 1000 * 1000)


@pytest.mark.usefixtures("snapshot")
async def test_a_scan_with_conditions(store, clock):
    await store.transact(
        [unit(put("Patient/1", token("code", "x")), put("Encounter/1", reference("subject", "Patient/1")))]
    )
    clock.now += SECOND
    await store.transact(
        [unit(put("Patient/2", token("code", "y")), put("Encounter/2", reference("subject", "Patient/2")))]
    )
    middle = await store.position()
    clock.now += SECOND
    await store.transact([unit(delete("Patient/1")), unit(put("Patient/2", content="new"))])
    assert await names(store, middle) == ["Patient/1", "Encounter/1", "Patient/2", "Encounter/2"]
    x = TokenTerm("code", None, "x")
    assert await names(store, middle, x) == ["Patient/1"]
    assert await names(store, middle, Chain("subject", ("Patient",), x)) == ["Encounter/1"]
    assert await names(store, await store.position(), x) == []
    assert await names(store, middle, since=START + SECOND) == ["Patient/2", "Encounter/2"]
    assert await names(store, middle, TokenTerm("code", None, None), since=START + SECOND) == ["Patient/2"]
    first = (await scanned(store, middle))[0].vid
    assert await names(store, middle, after=first) == ["Encounter/1", "Patient/2", "Encounter/2"]
    assert await names(store, middle, TokenTerm("code", None, None), after=first) == ["Patient/2"]
    assert await names(store, await store.position(), deleted=True) == ["Patient/1"]
    assert await names(store, middle, deleted=True) == []
    assert await names(store, await store.position(), x, deleted=True) == []


@pytest.mark.usefixtures("snapshot")
async def test_a_resource_that_came_back_is_not_deleted(store):
    await store.transact([unit(put("Patient/1"))])
    await store.transact([unit(delete("Patient/1"))])
    gone = await store.position()
    await store.transact([unit(put("Patient/1", content="again"))])
    assert await names(store, gone, deleted=True) == ["Patient/1"]
    assert await names(store, await store.position(), deleted=True) == []


async def test_large_bodies_come_in_small_chunks(store):
    large = "x" * 3_000_000
    await store.transact([unit(*(put(f"Patient/{number}", token("code", "x"), content=large) for number in range(8)))])
    position = await store.position()
    for where in (ALL, TokenTerm("code", None, "x")):
        sizes = [len(chunk) async for chunk in store.scan((), position, where=where)]
        assert sum(sizes) == 8
        assert len(sizes) > 1


@pytest.mark.usefixtures("snapshot")
async def test_a_held_position_stays_searchable(store, clock):
    x = TokenTerm("code", None, "x")
    await store.transact([unit(put("Patient/1", token("code", "x")))])
    position = await store.position()
    await store.transact([Unit(records=(Record(HOLDS, "me", b"%d" % position),))])
    for number in range(3):
        clock.now += 2 * 3_600 * SECOND
        await store.transact([unit(put("Patient/1", token("code", "y"), content=number))])
        await store.tidy()
        assert await names(store, position, x) == ["Patient/1"]
    await store.transact([Unit(records=(Record(HOLDS, "me", None),))])
    clock.now += 2 * 3_600 * SECOND
    await store.tidy()
    with pytest.raises(Gone):
        await names(store, position, x)
