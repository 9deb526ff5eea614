"""Whatever is stored and asked, the SQLite engine answers as the reference engine does; every claim has an answer."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from search_samples import names, sample, searches

from conformance.definitions import Definitions
from conformance.errors import BadRequest, TooCostly
from fhir_server.repository import prepare
from fhir_server.search import Indexer, parse_search
from fhir_server.store.protocol import Store, Unit
from fhir_server.store.query import Query
from fhir_server.store.reference import ReferenceStore
from fhir_server.store.sqlite import SqliteStore
from strategies.resources import ResourceStrategies
from terminology.membership import ValueSets

Resource = dict[str, Any]
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
IDS = "abcd"
#: Types whose resources refer to each other much, for chains.
LINKED = ("Patient", "Encounter", "Observation", "Practitioner", "Organization", "Condition", "List", "Location")


@pytest.fixture(scope="session")
def resources(definitions: Definitions) -> ResourceStrategies:
    return ResourceStrategies(definitions, ValueSets(definitions))


async def filled(store: Store, indexer: Indexer, stored: Sequence[Resource]) -> Store:
    for resource in stored:
        await store.transact([Unit((prepare(resource, indexer),))])
    return store


async def walked(store: Store, query: Query, limit: int) -> list[str] | str:
    """The keys of all pages, forward and back."""
    try:
        page = await store.search(query, limit=limit)
    except TooCostly:
        return "too costly"
    found = [str(version.key) for version in page.versions]
    while page.next:
        page = await store.search(query, limit=limit, cursor=page.next)
        found += [str(version.key) for version in page.versions]
    while page.previous:
        page = await store.search(query, limit=limit, cursor=page.previous)
        found += [str(version.key) for version in page.versions]
    return found


async def compared(indexer: Indexer, stored: Sequence[Resource], asked: Sequence[Query], limit: int) -> None:
    with TemporaryDirectory() as folder:
        plain = await filled(ReferenceStore(clock=lambda: 1_700_000_000_000_000), indexer, stored)
        store = await SqliteStore.open(str(Path(folder) / "s.sqlite"), clock=lambda: 1_700_000_000_000_000)
        try:
            await filled(store, indexer, stored)
            for query in asked:
                expected = await walked(plain, query, limit)
                found = await walked(store, query, limit)
                assert found in (expected, "too costly"), query
        finally:
            await store.close()


def local(resource: Resource, targets: Sequence[str]) -> Resource:
    """The same, with some references leading to what is stored."""
    changed = copy.deepcopy(resource)
    waiting: list[Any] = [changed]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(one.get("reference"), str):
                one["reference"] = targets[len(one["reference"]) % len(targets)]
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return changed


@st.composite
def cases(draw: st.DrawFn, indexer: Indexer, strategies: ResourceStrategies) -> tuple[list[Resource], list[Query], int]:
    every = indexer.registry.resource_types
    types = draw(st.lists(st.sampled_from(LINKED) | st.sampled_from(every), min_size=1, max_size=3, unique=True))
    keys = draw(st.lists(st.tuples(st.sampled_from(types), st.sampled_from(IDS)), min_size=2, max_size=6, unique=True))
    targets = ["/".join(key) for key in keys]
    stored = [local({**draw(strategies.resource(of_type)), "id": name}, targets) for of_type, name in keys]
    return stored, [draw(queries(indexer, stored)) for _ in range(12)], draw(st.integers(1, 3))


@st.composite
def queries(draw: st.DrawFn, indexer: Indexer, stored: Sequence[Resource]) -> Query:
    registry = indexer.registry
    of_type = draw(st.sampled_from(sorted({resource["resourceType"] for resource in stored})))
    pairs = [draw(pair(indexer, of_type, stored)) for _ in range(draw(st.integers(1, 2)))]
    sortable = [code for code, one in registry.parameters(of_type).items() if one.is_sortable]
    sorts = draw(st.lists(st.sampled_from(sortable), max_size=2, unique=True))
    pairs += [("_sort", draw(st.sampled_from(["", "-"])) + code) for code in sorts]
    understood = [("_count", "1")]
    for one in pairs:
        with suppress(BadRequest, TooCostly):
            parse_search(of_type, [one], registry, now=0)
            understood.append(one)
    return parse_search(of_type, understood, registry, now=0).query


@st.composite
def pair(draw: st.DrawFn, indexer: Indexer, of_type: str, stored: Sequence[Resource]) -> tuple[str, str]:
    """A search of a type, perhaps behind a reference."""
    registry = indexer.registry

    def entries(name: str) -> list[Any]:
        return [entry for one in stored if one["resourceType"] == name for entry in indexer.entries(one)]

    step = draw(st.integers(0, 5))
    references = registry.references(of_type)
    present = sorted({one["resourceType"] for one in stored})
    if step == 0 and references:
        parameter = draw(st.sampled_from(references))
        target = draw(st.sampled_from([name for name in present if name in parameter.targets] or parameter.targets[:1]))
        name, value = draw(searches(registry, target, entries(target)))
        return f"{parameter.code}:{target}.{name}", value
    sources = [(name, one) for name in present for one in registry.references(name) if of_type in one.targets]
    if step == 1 and sources:
        source, parameter = draw(st.sampled_from(sources))
        name, value = draw(searches(registry, source, entries(source)))
        return f"_has:{source}:{parameter.code}:{name}", value
    if step == 2:
        return "_list", draw(st.sampled_from(IDS))
    return draw(searches(registry, of_type, entries(of_type)))


@settings(max_examples=60, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_sqlite_finds_what_the_reference_engine_finds(
    data: st.DataObject, worded: Indexer, resources: ResourceStrategies
) -> None:
    stored, asked, limit = data.draw(cases(worded, resources))
    asyncio.run(compared(worded, stored, asked, limit))


def test_every_parameter_with_every_modifier_has_an_answer(worded: Indexer, tmp_path: Path) -> None:
    """Each claim is asked of both engines, over a store that holds a resource of every type."""
    registry = worded.registry
    stored = [{"resourceType": name, "id": "a", "language": "vi"} for name in registry.resource_types]
    asked = [
        parse_search(name, [(shown, sample(parameter, shown.partition(":")[2]))], registry, now=0).query
        for name in registry.resource_types
        for parameter in registry.parameters(name).values()
        for shown in names(parameter)
    ]
    assert len(asked) > 6_000

    async def run() -> None:
        plain = await filled(ReferenceStore(), worded, stored)
        store = await SqliteStore.open(str(tmp_path / "s.sqlite"))
        try:
            await filled(store, worded, stored)
            for query in dict.fromkeys(asked):
                assert await store.count(query) == await plain.count(query), query
        finally:
            await store.close()

    asyncio.run(run())
