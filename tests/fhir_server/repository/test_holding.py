"""Holds of answers: renewed while they go on, released at their end, taken away when nobody renews them."""

from __future__ import annotations

import asyncio

from export_asking import Ticks

from fhir_server.repository.holding import SPAN, Hold, forget_old
from fhir_server.store import open_store
from fhir_server.store.protocol import HOLDS, Record, Store, Unit


async def held(store: Store) -> dict[str, bytes]:
    return {name: value async for name, value in store.records(HOLDS)}


def test_a_hold_lasts_as_long_as_its_answer() -> None:
    async def check() -> None:
        store, clock = await open_store("memory:"), Ticks(1_000, 0)
        hold = Hold(store, 7, "a", clock)
        await hold.keep()
        [(first, position)] = (await held(store)).items()
        assert position == b"7"
        await hold.keep()
        assert list(await held(store)) == [first]
        clock.now += SPAN // 2
        await hold.keep()
        [second] = await held(store)
        assert second != first
        clock.now += SPAN - 1
        await forget_old(store, clock.now)
        assert list(await held(store)) == [second]
        await hold.release()
        await hold.release()
        assert await held(store) == {}
        await store.close()

    asyncio.run(check())


def test_what_a_killed_process_left_is_taken_away_and_holds_of_jobs_stay() -> None:
    async def check() -> None:
        store, clock = await open_store("memory:"), Ticks(1_000, 0)
        await store.transact([Unit(records=(Record(HOLDS, "5ef6e733-f19f", b"3"),))])
        await Hold(store, 7, "lost", clock).keep()
        clock.now += SPAN
        later = Hold(store, 9, "later", clock)
        await later.keep()
        assert sorted((await held(store)).values()) == [b"3", b"9"]
        await later.release()
        assert await held(store) == {"5ef6e733-f19f": b"3"}
        await store.close()

    asyncio.run(check())
