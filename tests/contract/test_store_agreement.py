"""Laws: whatever is written and asked, an engine answers as the reference engine does."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from store_cases import START, histories, queries

from conformance.errors import Gone
from fhir_server.store.protocol import Guard, Refusal, Store, Unit, Version
from fhir_server.store.query import Query
from fhir_server.store.reference import ReferenceStore
from fhir_server.store.sqlite import SqliteStore, matches, sorting, terms

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
    while page.next:
        page = await store.search(query, limit=limit, cursor=page.next)
        assert page.versions
        found += page.versions
    return [told(version) for version in found]


async def answers(store: Store, clock: SteppedClock, case: tuple) -> list[object]:
    """Everything that a history and some queries bring out, as comparable values."""
    history, asked, limit, guard_query = case
    out: list[object] = []
    positions: list[int | None] = [None]
    for seconds, units in history:
        clock.now += seconds * 1_000_000
        guarded = [Unit(units[0].writes, guards=(Guard(guard_query, None),)), *units[1:]]
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


async def compare(case: tuple) -> None:
    clock = SteppedClock()
    reference = ReferenceStore(clock=clock, horizon=HORIZON)
    expected = await answers(reference, clock, case)
    clock = SteppedClock()
    with TemporaryDirectory() as folder:
        store = await SqliteStore.open(str(Path(folder) / "s.sqlite"), clock=clock, horizon=HORIZON)
        try:
            found = await answers(store, clock, case)
            pairs = zip(found, expected, strict=True)
            assert next(((ours, theirs) for ours, theirs in pairs if ours != theirs), None) is None
        finally:
            await store.close()


#: Making a failing history smaller takes minutes; the seed that pytest prints brings it back.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
cases = st.tuples(histories, st.lists(queries, min_size=1, max_size=6), st.integers(1, 4), queries)


@settings(max_examples=150, deadline=None, phases=PHASES)
@given(case=cases)
def test_sqlite_answers_as_the_reference_engine(case):
    asyncio.run(compare(case))


THRESHOLDS = ((sorting, "FEW"), (matches, "FEW"), (matches, "ONE_BY_ONE"), (terms, "PREFIX_TEXTS"))


@settings(max_examples=100, deadline=None, phases=PHASES)
@given(case=cases, lowered=st.sets(st.sampled_from(range(len(THRESHOLDS))), min_size=1))
def test_also_when_plans_are_those_for_many_matches(case, lowered):
    with pytest.MonkeyPatch.context() as patch:
        for index in lowered:
            patch.setattr(*THRESHOLDS[index], 0)
        asyncio.run(compare(case))
