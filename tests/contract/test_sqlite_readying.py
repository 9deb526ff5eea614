"""Writes that are made ready before their turn: what they need is stored at once, and nothing else."""

from __future__ import annotations

import asyncio

import apsw
from store_writes import put, string, token

from fhir_server.store.protocol import Unit, Write
from fhir_server.store.query import Query, StringMode, StringTerm
from fhir_server.store.sqlite import SqliteStore, bodies
from fhir_server.store.sqlite.making import Readied


def people(first: int, count: int) -> list[Write]:
    return [
        put(f"Patient/{n}", string("name", f"An {n}"), token("sex", "male"), content=n)
        for n in range(first, first + count)
    ]


def count(path, table):
    """By the library that the store uses: closing a file, another would take its locks away."""
    db = apsw.Connection(str(path))
    found = db.execute(f"SELECT count(*) FROM {table}").get  # noqa: S608 - our own names
    db.close()
    return found


def test_readied_writes_have_their_names_and_dictionaries_but_are_not_stored(tmp_path):
    path = tmp_path / "a.sqlite"

    async def main() -> None:
        store = await SqliteStore.open(str(path))
        ready = await store.readied(people(0, bodies.SAMPLES[0] + 1))
        assert all(isinstance(write, Readied) and write.made for write in ready)
        assert (count(path, "version"), count(path, "dictionary")) == (0, 1)
        names = count(path, "name")
        assert names > 0
        await store.transact([Unit(tuple(ready))])
        assert count(path, "name") == names
        assert count(path, "version WHERE pack = 0") == 0
        found = await store.search(Query(("Patient",), StringTerm("name", StringMode.WHOLE, "an 7")), limit=9)
        assert [version.key.id for version in found.versions] == ["7"]
        await store.close()

    asyncio.run(main())


def test_a_dictionary_of_another_process_is_used_and_samples_of_other_types_are_kept(tmp_path):
    path = tmp_path / "a.sqlite"

    async def main() -> None:
        one, other = [await SqliteStore.open(str(path)) for _ in range(2)]
        half = bodies.SAMPLES[0] // 2
        practitioners = [put(f"Practitioner/{n}", content=n) for n in range(2 * half)]
        await other.readied(practitioners[:half])
        await one.readied(people(0, 2 * half))
        assert count(path, "dictionary") == 1
        ready = await other.readied([*people(2 * half, 1), *practitioners[half:]])
        assert count(path, "dictionary") == 2
        assert ready[0].made.body.pack > 0
        for store in (one, other):
            await store.close()

    asyncio.run(main())
