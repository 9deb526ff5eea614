"""Laws: whatever is written and asked, an engine answers as the reference engine does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from mongo_server import one_node
from query_cases import START, queries
from store_cases import histories

from conformance.errors import Gone
from fhir_server.store.mongita import MongitaStore
from fhir_server.store.mongo import MongoStore
from fhir_server.store.mongo import sorting as mongo_sorting
from fhir_server.store.protocol import Guard, Refusal, Store, Unit, Version
from fhir_server.store.query import Query
from fhir_server.store.reference import ReferenceStore
from fhir_server.store.sqlite import SqliteStore, joins, matches, narrowing, plan, readers, session, sorting, terms

Opener = Callable[["SteppedClock"], AbstractAsyncContextManager[Store]]

#: Four seconds: some positions of a generated history expire.
HORIZON = 4_000_000


class SteppedClock:
    """Moves when told, also back."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


def told(version: Version) -> tuple[object, ...]:
    """What must agree; vids and positions are an engine's own."""
    return (version.key, version.version_id, version.last_updated, version.op, version.body)


async def walk(store: Store, query: Query, limit: int, position: int | None) -> list[tuple[object, ...]]:
    try:
        page = await store.search(query, limit=limit, position=position)
    except Gone:
        return [("gone",)]
    found = list(page.versions)
    assert page.previous is None
    back: list[Version] = []
    while page.next:
        last = page
        page = await store.search(query, limit=limit, cursor=page.next)
        assert page.versions
        assert page.previous is not None
        before = await store.search(query, limit=limit, cursor=page.previous)
        assert (before.versions, before.next) == (last.versions, last.next)
        found += page.versions
    while page.previous:
        page = await store.search(query, limit=limit, cursor=page.previous)
        back = [*page.versions, *back]
    assert back == found[: len(back)]
    assert len(found) - len(back) <= limit
    return [told(version) for version in found]


async def answers(store: Store, clock: SteppedClock, case: tuple) -> list[object]:
    """Everything that a history and some queries bring out, as comparable values."""
    history, asked, limit, guard_query = case
    out: list[object] = []
    positions: list[int | None] = [None]
    for seconds, units in history:
        clock.now += seconds * 1_000_000
        guarded = [Unit(units[0].writes, guards=(Guard(guard_query, None),)), *units[1:]]
        if len(positions) % 3:
            guarded = [replace(unit, writes=tuple(await store.readied(unit.writes))) for unit in guarded]
        for outcome in await store.transact(guarded):
            refused = isinstance(outcome, Refusal)
            out.append(outcome if refused else [one._replace(position=0) for one in outcome])
        positions.append(await store.position())
        if len(positions) % 2:
            await store.tidy()
    for position in positions[-3:]:
        out.extend([(query, await walk(store, query, limit, position)) for query in asked])
        out.append(await store.count(asked[0]))
    newest = await store.history((), None, limit=1000)
    out.append([told(version) for version in newest.versions])
    out.append(await store.counts())
    middle = positions[len(positions) // 2]
    if middle is not None:
        out.append([told(version) async for chunk in store.scan((), middle) for version in chunk])
        keys = list(dict.fromkeys(version.key for version in newest.versions))
        out.append([told(version) if version else None for version in [await store.read(k, middle) for k in keys]])
        out.append(sorted(told(version) for version in await store.read_many(keys, middle)))
    return out


async def compare(case: tuple, opened: Opener) -> None:
    clock = SteppedClock()
    reference = ReferenceStore(clock=clock, horizon=HORIZON)
    expected = await answers(reference, clock, case)
    clock = SteppedClock()
    async with opened(clock) as store:
        found = await answers(store, clock, case)
    pairs = zip(found, expected, strict=True)
    assert next(((ours, theirs) for ours, theirs in pairs if ours != theirs), None) is None


@asynccontextmanager
async def sqlite(clock: SteppedClock) -> AsyncIterator[Store]:
    with TemporaryDirectory() as folder:
        store = await SqliteStore.open(str(Path(folder) / "s.sqlite"), clock=clock, horizon=HORIZON)
        try:
            yield store
        finally:
            await store.close()


@asynccontextmanager
async def mongodb(clock: SteppedClock) -> AsyncIterator[Store]:
    name = f"law{uuid4().hex}"
    store = await MongoStore.open(one_node().url(name), clock=clock, horizon=HORIZON)
    try:
        yield store
    finally:
        await store.close()
        one_node().drop(name)


#: Making a failing history smaller takes minutes; the seed that pytest prints brings it back.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
cases = st.tuples(histories, st.lists(queries, min_size=1, max_size=6), st.integers(1, 4), queries)


@settings(max_examples=150, deadline=None, phases=PHASES)
@given(case=cases)
def test_sqlite_answers_as_the_reference_engine(case):
    asyncio.run(compare(case, sqlite))


THRESHOLDS = (
    ((sorting, "FEW", 0),),
    ((matches, "FEW", 0),),
    ((matches, "ONE_BY_ONE", 0),),
    ((terms, "PREFIX_TEXTS", 0),),
    ((plan, "PROBES", 0),),
    ((joins, "SOURCES", 0),),
    ((narrowing, "HANDFUL", 0),),
    ((narrowing, "HANDFUL", 0), (narrowing, "STEPS", 1)),
    ((readers, "BRIEF", -1), (session, "STEPS", 1)),
)


@settings(max_examples=100, deadline=None, phases=PHASES)
@given(case=cases, lowered=st.sets(st.sampled_from(range(len(THRESHOLDS))), min_size=1))
def test_also_when_plans_are_those_for_many_matches(case, lowered):
    with pytest.MonkeyPatch.context() as patch:
        for module, threshold, value in chain.from_iterable(THRESHOLDS[index] for index in lowered):
            patch.setattr(module, threshold, value)
        asyncio.run(compare(case, sqlite))


@settings(max_examples=20, deadline=None, phases=PHASES)
@given(case=cases, few=st.sampled_from([0, 2, 200]))
def test_mongodb_answers_as_the_reference_engine(case, few):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mongo_sorting, "FEW", few)
        asyncio.run(compare(case, mongodb))


async def present(store: Store, queries: list[Query]) -> list[object]:
    """What a store that reads only the present says."""
    walks = [await walk(store, query, 3, None) for query in queries]
    newest = await store.history((), None, limit=1000)
    return [walks, [told(version) for version in newest.versions], await store.counts()]


@settings(max_examples=60, deadline=None, phases=PHASES)
@given(case=cases)
def test_mongita_answers_as_the_reference_engine_also_when_opened_again(case):
    async def main() -> None:
        history, queries, _, _ = case
        clock = SteppedClock()
        reference = ReferenceStore(clock=clock)
        with TemporaryDirectory() as folder:
            store = await MongitaStore.open(f"{folder}/trial", clock=clock)
            for seconds, units in history:
                clock.now += seconds * 1_000_000
                assert await store.transact(units) == await reference.transact(units)
            expected = await present(reference, queries)
            assert await present(store, queries) == expected
            await store.close()
            store = await MongitaStore.open(f"{folder}/trial", clock=clock)
            assert await present(store, queries) == expected
            await store.close()

    asyncio.run(main())
