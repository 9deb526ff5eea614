"""How the SQLite engine reads: in whose thread, and by how many statements."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path

import pytest

from fhir_server.store.entries import NO_KEY, Entry, Kind, Token
from fhir_server.store.protocol import Body, Key, Unit, Write
from fhir_server.store.query import And, Ids, InCompartment, Query, ReverseChain, TokenTerm
from fhir_server.store.sqlite import SqliteStore, readers, reading, session

CODE = TokenTerm("code", None, "c")
FINAL = TokenTerm("status", None, "final")


def resource(key: str, *entries: Entry) -> Unit:
    name, logical_id = key.split("/")
    body = Body(json.dumps({"resourceType": name, "id": logical_id, "meta": {}})[:-2].encode(), b"}}")
    return Unit((Write(Key(name, logical_id), body, entries, key.encode()),))


def observation(of: int, status: str = "final") -> Unit:
    code = Entry("code", Kind.TOKEN, NO_KEY, Token(None, "c" if of % 2 else "d"))
    stated = Entry("status", Kind.TOKEN, NO_KEY, Token(None, status))
    return resource(f"Observation/o{of}", code, stated, Entry("subject", Kind.REFERENCE, NO_KEY, f"Patient/p{of}"))


async def filled(folder: Path, patients: int) -> SqliteStore:
    store = await SqliteStore.open(str(folder / "store.sqlite"))
    await store.transact([resource(f"Patient/p{of}") for of in range(patients)])
    await store.transact([observation(of) for of in range(patients)])
    return store


def traced(store: SqliteStore) -> list[str]:
    """The statements of this thread's session from now on."""
    told: list[str] = []
    store._read(lambda one: one.db.set_exec_trace(lambda _cursor, sql, _bound: told.append(sql) is None))
    return told


def having_code(patients: int) -> Query:
    some = Ids(frozenset(f"p{of}" for of in range(patients)))
    return Query(("Patient",), And((some, ReverseChain("Observation", "subject", And((CODE, FINAL))))))


@pytest.mark.parametrize("seconds", [-1.0, 60.0])
def test_what_takes_long_is_read_in_a_thread_of_its_own(tmp_path, monkeypatch, seconds):
    monkeypatch.setattr(readers, "BRIEF", seconds)
    monkeypatch.setattr(session, "STEPS", 1)
    threads: list[threading.Thread] = []
    search = reading.search
    monkeypatch.setattr(
        reading, "search", lambda *asked: (threads.append(threading.current_thread()), search(*asked))[1]
    )

    async def main() -> None:
        store = await filled(tmp_path, 6)
        page = await store.search(having_code(6), limit=10)
        assert [version.key.id for version in page.versions] == ["p1", "p3", "p5"]
        assert await store.count(having_code(6)) == 3
        assert [version.key.id for version in await store.read_many([Key("Patient", "p2")])] == ["p2"]
        assert len((await store.history((), None, limit=100)).versions) == 12
        assert await store.position() == 12
        await store.close()

    asyncio.run(main())
    here = [thread is threading.main_thread() for thread in threads]
    assert here == ([True] if seconds > 0 else [True, False])


@pytest.fixture
def patience(monkeypatch):
    """Every read is done in the thread that asks, however busy the machine is."""
    monkeypatch.setattr(readers, "BRIEF", 60.0)


@pytest.mark.usefixtures("patience")
def test_a_reverse_chain_of_many_takes_no_more_statements_than_one_of_few(tmp_path):
    counts: list[int] = []

    async def main() -> None:
        store = await filled(tmp_path, 60)
        for patients in (10, 60):
            told = traced(store)
            assert len((await store.search(having_code(patients), limit=100)).versions) == patients // 2
            counts.append(sum("json_each" in sql or "MATCH" in sql for sql in told))
        await store.close()

    asyncio.run(main())
    assert counts[0] == counts[1] < 10


@pytest.mark.usefixtures("patience")
def test_members_of_a_compartment_are_found_without_the_posting_lists(tmp_path):
    types = frozenset({"Observation", "Encounter"})

    async def main() -> None:
        store = await filled(tmp_path, 5)
        told = traced(store)
        where = InCompartment("Patient/p3", ((("subject", "performer"), types), (("focus",), frozenset({"Basic"}))))
        page = await store.search(Query((), where), limit=10)
        assert [str(version.key) for version in page.versions] == ["Observation/o3"]
        assert (await store.search(Query(("Patient",), where), limit=10)).versions == ()
        assert told
        assert not any("MATCH" in sql for sql in told)
        await store.close()

    asyncio.run(main())
