"""A migration: everything arrives with its stamps, an interrupted one goes on, any other target is refused."""

from __future__ import annotations

import asyncio

import pytest

from conformance.errors import Conflict
from fhir_server.bulk import moving
from fhir_server.bulk.moving import migrate
from fhir_server.installation import SPACE as INSTALLATION
from fhir_server.jobs.job import SPACE as JOBS
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
from fhir_server.store import open_store
from fhir_server.store.protocol import HOLDS, Key, Record, Unit, Write
from fhir_server.store.query import Query, StringMode, StringTerm
from fhir_server.store.reference import ReferenceStore


class Killed(BaseException):
    """Ends a migration where it stands."""


@pytest.fixture(scope="module")
def indexer(definitions):
    return Indexer(definitions)


def person(number, family):
    return {"resourceType": "Patient", "id": f"p{number}", "name": [{"family": family}], "multipleBirthInteger": number}


async def source_of(indexer, count=30):
    """A store with updates, deletions, units of several versions, and records."""
    now = [1_700_000_000_000_000]
    store = ReferenceStore(clock=lambda: now[0])
    for number in range(count):
        now[0] += 1_500_000
        await store.transact(
            [Unit((prepare(person(number, "Trần"), indexer), prepare(person(number + 1, "Lê"), indexer)))]
        )
        if number % 3 == 0:
            await store.transact([Unit((Write(Key("Patient", f"p{number}"), None),))])
    kept = (
        Record(INSTALLATION, "key", b"k"),
        Record("unit", "u", b"1"),
        Record("source", "s", b"x" * 5000),
        Record(JOBS, "j", b"{}"),
        Record(HOLDS, "j", b"1"),
    )
    await store.transact([Unit(records=kept)])
    return store


async def versions(store):
    found = [one async for chunk in store.versions(0, await store.position()) for one in chunk]
    return [one._replace(vid=0, position=0) for one in found]


def silent(_done, _total):
    """Takes no notice of progress."""


def run(tmp_path, indexer, work):
    async def whole():
        source = await source_of(indexer)
        target = await open_store(f"sqlite://{tmp_path}/target")
        try:
            await work(source, target)
        finally:
            await target.close()

    asyncio.run(whole())


def test_everything_arrives_with_its_stamps(tmp_path, indexer):
    async def work(source, target):
        done = await migrate(source, target, indexer, silent)
        assert await versions(target) == await versions(source)
        assert (done.versions, done.deletions) == (len(await versions(source)), 10)
        assert (done.live, done.differing, done.is_behind) == (await source.counts(), [], False)
        assert done.records == 3
        assert await target.spaces() == [INSTALLATION, moving.SPACE, "source", "unit"]
        query = Query(("Patient",), StringTerm("family", StringMode.PREFIX, "tran"))
        assert await target.count(query) == await source.count(query) > 0

    run(tmp_path, indexer, work)


def test_again_it_brings_what_is_new(tmp_path, indexer):
    async def work(source, target):
        await migrate(source, target, indexer, silent)
        before = await target.position()
        await source.transact([Unit((prepare(person(99, "Vũ"), indexer),), records=(Record("unit", "u", None),))])
        done = await migrate(source, target, indexer, silent)
        assert (await target.position(), done.differing) == (before + 1, [])
        assert (await versions(target) == await versions(source), done.records) == (True, 2)
        assert await target.record("unit", "u") is None

    run(tmp_path, indexer, work)


@pytest.mark.parametrize("stop", [1, 3, 6])
def test_an_interrupted_one_goes_on_where_it_was(tmp_path, indexer, monkeypatch, stop):
    monkeypatch.setattr(moving, "_BATCH", 7)

    async def work(source, target):
        left = [stop]

        def interrupt(_done, _total):
            left[0] -= 1
            if not left[0]:
                raise Killed

        with pytest.raises(Killed):
            await migrate(source, target, indexer, interrupt)
        some = await versions(target)
        assert 0 < len(some) < len(await versions(source))
        seen = []
        done = await migrate(source, target, indexer, lambda at, _total: seen.append(at))
        assert seen[0] > len(some)
        assert (await versions(target), done.differing) == (await versions(source), [])

    run(tmp_path, indexer, work)


def test_other_targets_are_refused(tmp_path, indexer):
    async def work(source, target):
        await target.transact([Unit((prepare(person(1, "Vũ"), indexer),))])
        with pytest.raises(Conflict, match="not empty"):
            await migrate(source, target, indexer, silent)
        assert len(await versions(target)) == 1
        other, moved = await source_of(indexer, 3), ReferenceStore()
        await other.transact([Unit(records=(Record(INSTALLATION, "key", b"another"),))])
        await migrate(other, moved, indexer, silent)
        with pytest.raises(Conflict, match="another store"):
            await migrate(source, moved, indexer, silent)

    run(tmp_path, indexer, work)


def test_a_difference_is_told(tmp_path, indexer):
    async def work(source, target):
        await migrate(source, target, indexer, silent)
        await target.transact([Unit((prepare(person(500, "Other"), indexer),))])
        assert (await migrate(source, target, indexer, silent)).differing == ["Patient/p500/_history/1", "counts"]

    run(tmp_path, indexer, work)


def test_what_is_written_meanwhile_is_told(tmp_path, indexer):
    async def work(source, target):
        pending = [prepare(person(77, "Vũ"), indexer)]
        stored = source.spaces

        async def spaces():
            if pending:
                await source.transact([Unit((pending.pop(),))])
            return await stored()

        source.spaces = spaces
        done = await migrate(source, target, indexer, silent)
        assert (done.is_behind, done.differing) == (True, [])
        assert not (await migrate(source, target, indexer, silent)).is_behind

    run(tmp_path, indexer, work)
