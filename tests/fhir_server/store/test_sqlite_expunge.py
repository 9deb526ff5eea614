"""Expunging in a SQLite file: the check finds nothing, space comes back, content is overwritten."""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from conformance.definitions import Definitions
from conformance.json_codec import decode
from fhir_server.bulk.moving import migrate
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
from fhir_server.store import open_store
from fhir_server.store.expunging import Wanted
from fhir_server.store.protocol import Key, Unit, Version, Write
from fhir_server.store.reference import ReferenceStore
from fhir_server.store.sqlite import SqliteStore
from fhir_server.store.sqlite.check import check

HOUR = 3_600_000_000
COUNT = 60


@pytest.fixture(scope="module")
def indexer(definitions: Definitions) -> Indexer:
    return Indexer(definitions)


def person(number: int, round: int) -> dict[str, object]:
    """Some 6 kB that do not pack."""
    secret = os.urandom(4_000).hex()
    name = [{"family": f"Trần{round}", "given": [f"Người{number}"], "text": f"marked-{round}-{number}"}]
    return {"resourceType": "Patient", "id": f"p{number}", "name": name, "text": {"status": "generated", "div": secret}}


async def fill(store: SqliteStore, indexer: Indexer, rounds: int = 4) -> None:
    for at in range(rounds):
        await store.transact([Unit(tuple(prepare(person(number, at), indexer) for number in range(COUNT)))])
    await store.transact([Unit(tuple(Write(Key("Patient", f"p{number}"), None) for number in range(0, COUNT, 3)))])


async def expunge(store: SqliteStore, wanted: Wanted) -> int:
    return sum([await store.expunge(chunk, wanted) async for chunk in store.expungeable(wanted)])


@pytest.fixture
def findings(tmp_path, indexer):
    def derive(version: Version) -> Write:
        return prepare(decode(version.body), indexer)

    def run() -> list[tuple[str, str]]:
        found = check(tmp_path / "s", derive, lambda _: nullcontext(lambda _done, _total: None))
        return [(one.message.id, one.expression) for one in found]

    return run


def opened(path: Path):
    return open_store(f"sqlite://{path}")


def test_the_check_finds_nothing_before_and_after_more_is_written(tmp_path, indexer, findings):
    async def first() -> None:
        store = await opened(tmp_path / "s")
        await fill(store, indexer)
        assert await expunge(store, Wanted(previous=True, deleted=True)) == COUNT * 3 + COUNT // 3 * 2
        await store.close()

    async def then() -> None:
        store = await opened(tmp_path / "s")
        await store.transact([Unit(tuple(prepare(person(number, 9), indexer) for number in range(COUNT)))])
        assert (await store.read(Key("Patient", "p0"))).version_id == 6
        await store.tidy()
        await store.close()

    asyncio.run(first())
    assert findings() == []
    asyncio.run(then())
    assert findings() == []


def test_the_check_finds_nothing_when_one_version_in_the_middle_went(tmp_path, indexer, findings):
    async def run() -> None:
        store = await opened(tmp_path / "s")
        await fill(store, indexer)
        assert await expunge(store, Wanted(("Patient",), "p1", 2, previous=True)) == 1
        await store.close()

    asyncio.run(run())
    assert findings() == []


def test_a_version_that_is_merely_missing_is_still_found(tmp_path, indexer, findings):
    async def run() -> None:
        store = await opened(tmp_path / "s")
        await fill(store, indexer, rounds=2)
        await expunge(store, Wanted(previous=True))
        await store._job(lambda session: session.db.execute("DELETE FROM past WHERE version = 1").fetchall())
        await store.close()

    asyncio.run(run())
    assert findings() != []


def test_space_comes_back_and_content_is_overwritten(tmp_path, indexer):
    path = tmp_path / "s"
    pieces: list[bytes] = []

    async def run() -> None:
        store = await opened(path)
        await expunge(store, Wanted(previous=True, deleted=True))
        await store.close()
        assert not [piece for piece in pieces if piece in path.read_bytes()]
        store = await opened(path)
        await store.tidy()
        await store.close()

    async def prepared() -> None:
        store = await opened(path)
        await fill(store, indexer, rounds=8)
        bodies = "SELECT substr(body, 900, 60) FROM version WHERE vid IN (1, 100)"
        await store._job(lambda session: pieces.extend(row[0] for row in session.db.execute(bodies)))
        await store.close()

    asyncio.run(prepared())
    before = path.stat().st_size
    assert len([piece for piece in pieces if piece in path.read_bytes()]) == 2
    asyncio.run(run())
    assert path.stat().st_size * 3 < before


def test_a_store_with_expunged_versions_is_migrated(tmp_path, indexer, findings):
    async def run() -> None:
        source = await opened(tmp_path / "source")
        await fill(source, indexer)
        await expunge(source, Wanted(previous=True, deleted=True))
        await source.transact([Unit((prepare(person(0, 5), indexer), prepare(person(1, 5), indexer)))])
        for target in (await opened(tmp_path / "s"), ReferenceStore()):
            moved = await migrate(source, target, indexer, lambda _done, _total: None)
            assert moved.differing == []
            assert (await target.read(Key("Patient", "p0"))).version_id == 6
            assert await target.read(Key("Patient", "p3")) is None
            await target.close()
        await source.close()

    asyncio.run(run())
    assert findings() == []
