"""Whatever is changed in the file behind the store's back is found, with its key."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import closing, nullcontext
from pathlib import Path

import apsw
import pytest

from conformance.definitions import Definitions
from conformance.errors import Unavailable
from conformance.issues import Issue
from conformance.json_codec import decode
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
from fhir_server.store import open_store
from fhir_server.store.protocol import Expect, Key, Unit, Version, Write
from fhir_server.store.query import Query
from fhir_server.store.sqlite import SqliteStore, check_entries
from fhir_server.store.sqlite.check import check

HOUR = 3_600_000_000
PATIENT = {
    "resourceType": "Patient",
    "meta": {"security": [{"system": "s", "code": "R"}]},
    "identifier": [{"system": "urn:n", "value": "1"}],
    "name": [{"family": "Nguyễn", "given": ["An"]}],
    "birthDate": "1980-02-03",
    "managingOrganization": {"reference": "Organization/o"},
}


def person(number: int, **changed: object) -> dict[str, object]:
    return {**PATIENT, "id": f"p{number}", **changed}


#: Checks a store and says which part it is at; the entries are judged by writes that have none, so all are findings.
CHECKER = """
import sys
from contextlib import contextmanager
from pathlib import Path
from fhir_server.store.protocol import Body, Write
from fhir_server.store.sqlite import check_entries, check_versions
from fhir_server.store.sqlite.check import check
check_entries.WINDOW = check_versions.WINDOW = 2

@contextmanager
def parts(name):
    def report(done, total):
        print(name, flush=True)
    report(0, 0)
    yield report

def derive(version):
    return Write(version.key, Body(b"{", b"}"))

print(len(list(check(Path(sys.argv[1]), derive, parts))), flush=True)
"""


@pytest.fixture(scope="module")
def indexer(definitions: Definitions) -> Indexer:
    return Indexer(definitions)


@pytest.fixture
def store_file(tmp_path, indexer):
    """Patients p0 to p4 have the vids 1 to 5; p1 is updated (6), p2 deleted (7), p3 deleted and made again (8, 9)."""

    async def fill() -> None:
        store = await open_store(f"sqlite://{tmp_path}/s")
        await store.transact([Unit((prepare(person(number), indexer),)) for number in range(5)])
        pair = (prepare(person(1, birthDate="1999"), indexer), Write(Key("Patient", "p2"), None))
        await store.transact([Unit(pair), Unit((Write(Key("Patient", "p3"), None),))])
        await store.transact([Unit((prepare(person(3), indexer, expect=Expect.ABSENT),))])
        await store.close()

    asyncio.run(fill())
    return tmp_path / "s"


@pytest.fixture
def found(store_file, indexer):
    """``found()``: message id and place of each finding."""

    def derive(version: Version) -> Write:
        return prepare(decode(version.body), indexer)

    def run(*, quick: bool = False) -> list[tuple[str, str]]:
        findings = list(check(store_file, None if quick else derive, lambda _: nullcontext(lambda _done, _total: None)))
        assert all(isinstance(one, Issue) and one.text("vi") for one in findings)
        return [(one.message.id, one.expression) for one in findings]

    return run


def change(path: Path, sql: str) -> None:
    with closing(apsw.Connection(str(path))) as db:
        db.execute(sql).fetchall()


def test_nothing_is_found_in_a_store_as_it_was_written(found, store_file):
    assert found() == []
    before = store_file.read_bytes()
    assert found(quick=True) == []
    assert store_file.read_bytes() == before


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("DELETE FROM version WHERE vid = 3", ("RST-4561", "Patient/p3/_history/1")),
        ("UPDATE version SET version = 5 WHERE vid = 6", ("RST-4562", "Patient/p1/_history/5")),
        ("UPDATE version SET ended = NULL WHERE vid = 2", ("RST-4562", "Patient/p1/_history/2")),
        ("UPDATE version SET ended = 8 WHERE vid = 2", ("RST-4562", "Patient/p1/_history/2")),
        ("DELETE FROM past WHERE version = 2", ("RST-4562", "Patient/p3/_history/3")),
        ("DELETE FROM cur WHERE vid = 1", ("RST-4563", "Patient/p0/_history/1")),
        ("UPDATE cur SET vid = 2 WHERE vid = 6", ("RST-4563", "Patient/p1/_history/2")),
        ("UPDATE version SET op = 2 WHERE vid = 1", ("RST-4564", "Patient/p0/_history/1")),
        ("UPDATE version SET h = h + 1 WHERE vid = 1", ("RST-4564", "Patient/p0/_history/1")),
        ("UPDATE version SET updated = 5 WHERE vid = 5", ("RST-4564", "Patient/p4/_history/1")),
        ("UPDATE version SET made = 3 WHERE vid = 4", ("RST-4564", "Patient/p4/_history/1")),
        ("UPDATE version SET made = 1 WHERE vid = 9", ("RST-4564", "Patient/p3/_history/3")),
        ("UPDATE version SET made = NULL WHERE vid = 9", ("RST-4564", "Patient/p3/_history/3")),
        ("UPDATE version SET updated = NULL WHERE vid = 1", ("RST-4564", "Patient/p0/_history/1")),
        ("UPDATE version SET version = 'x' WHERE vid = 1", ("RST-4564", "Patient/p0/_history/x")),
        ("UPDATE version SET body = NULL WHERE vid = 1", ("RST-4564", "Patient/p0/_history/1")),
        ("UPDATE version SET op = 4 WHERE vid = 2", ("RST-4564", "Patient/p1/_history/1")),
        ("UPDATE version SET body = x'00' WHERE vid = 7", ("RST-4564", "Patient/p2/_history/2")),
        ("INSERT INTO cur VALUES (77, 99)", ("RST-4565", "")),
        ("INSERT INTO past VALUES (77, 1, 99)", ("RST-4565", "")),
        ("INSERT INTO idx (rowid, w) VALUES (99, 'abc')", ("RST-4565", "")),
        ("DELETE FROM meta WHERE name = 'expired'", ("RST-4572", "")),
        ("UPDATE meta SET value = 99 WHERE name = 'expired'", ("RST-4572", "")),
        ("INSERT INTO meta VALUES ('expunged', 99)", ("RST-4572", "")),
        ("UPDATE meta SET value = x'00' WHERE name = 'hash_key'", ("RST-4572", "")),
        ("DELETE FROM name_key WHERE param = 'birthdate'", ("RST-4573", "Patient")),
        ("INSERT INTO name_key SELECT kind, type, param, 'x', n FROM name_key", ("RST-4573", "Patient")),
    ],
)
def test_versions_that_contradict_each_other(found, store_file, sql, wanted):
    change(store_file, sql)
    assert wanted in found(quick=True)


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("DELETE FROM idx WHERE rowid = 1", ("RST-4568", "Patient/p0/_history/1")),
        ("INSERT INTO idx (rowid, w) VALUES (7, 'abc')", ("RST-4568", "Patient/p2/_history/2")),
        ("DELETE FROM span_of WHERE vid = 6", ("RST-4568", "Patient/p1/_history/2")),
        ("DELETE FROM span WHERE vid = 6", ("RST-4568", "Patient/p1/_history/2")),
        ("UPDATE span_of SET low = low + 1 WHERE vid = 6", ("RST-4568", "Patient/p1/_history/2")),
        ("DELETE FROM ref_out WHERE vid = 5", ("RST-4568", "Patient/p4/_history/1")),
        ("DELETE FROM ref_in WHERE vid = 5", ("RST-4568", "Patient/p4/_history/1")),
        ("INSERT INTO ref_in VALUES (1, 2, 3)", ("RST-4565", "")),
        ("INSERT INTO span VALUES (1, 2, 3, 4)", ("RST-4565", "")),
        ("DELETE FROM text", ("RST-4568", "Patient/p0/_history/1")),
        ("UPDATE version SET labels = NULL WHERE vid = 1", ("RST-4568", "Patient/p0/_history/1")),
        ("UPDATE version SET digest = x'00' WHERE vid = 1", ("RST-4567", "Patient/p0/_history/1")),
        ("UPDATE version SET body = x'0011' WHERE vid = 1", ("RST-4566", "Patient/p0/_history/1")),
        ("UPDATE version SET cut = 5 WHERE vid = 1", ("RST-4566", "Patient/p0/_history/1")),
        ("UPDATE version SET pack = 9 WHERE vid = 1", ("RST-4566", "Patient/p0/_history/1")),
        ("DELETE FROM idx_docsize WHERE id = 5", ("RST-4568", "Patient/p4/_history/1")),
        ("INSERT INTO record VALUES ('raw', 'a', x'0123')", ("RST-4574", "")),
        ("INSERT INTO record VALUES ('raw', 'a', NULL)", ("RST-4574", "")),
        ("INSERT INTO record VALUES ('hold', 'a', x'0041')", ("RST-4574", "")),
    ],
)
def test_entries_that_are_not_those_of_the_resource(found, store_file, sql, wanted):
    change(store_file, sql)
    assert wanted in found()


def test_what_plans_assume_of_ranges_is_checked(found, store_file, indexer):
    """Too short a length, and a second range that nobody was told of, make searches miss; more than that does not."""
    period = {"start": "2020-01-01", "end": "2024-01-01"}
    components = [{"code": {"text": "x"}, "valueQuantity": {"value": value}} for value in (1, 5)]
    rows = [
        {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"}, "period": period},
        {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "y"}, "component": components},
    ]

    async def fill() -> None:
        store = await open_store(f"sqlite://{store_file}")
        await store.transact([Unit((prepare(row, indexer),)) for row in rows])
        await store.close()

    asyncio.run(fill())
    assert found() == []
    change(store_file, "UPDATE reach SET length = length * 2 + 1")
    assert found() == []
    change(store_file, "UPDATE reach SET length = 1 WHERE n IN (SELECT n FROM name WHERE type = 'Encounter')")
    assert set(found()) == {("RST-4570", "Encounter")}
    change(store_file, "DELETE FROM reach")
    assert found() == [], "a length that is not known is not relied on"
    change(store_file, "DELETE FROM name WHERE kind = 7")
    assert set(found()) == {("RST-4571", "Observation/o/_history/1")}


def test_one_word_that_is_missing_or_too_many_is_found(found, store_file, indexer):
    """The other words of the resource are all there."""
    for edit in (lambda words: words[1:], lambda words: [*words, "one more"]):
        with closing(apsw.Connection(str(store_file))) as db:
            db.execute("CREATE VIRTUAL TABLE temp.w USING fts5vocab(main, idx, instance)")
            words = [term for (term,) in db.execute("SELECT term FROM w WHERE doc = 5")]
            db.execute("DELETE FROM idx WHERE rowid = 5")
            db.execute("INSERT INTO idx (rowid, w) VALUES (5, ?)", ("\n".join(edit(words)),))
        assert found() == [("RST-4568", "Patient/p4/_history/1")]
        with closing(apsw.Connection(str(store_file))) as db:
            db.execute("DELETE FROM idx WHERE rowid = 5")
            db.execute("INSERT INTO idx (rowid, w) VALUES (5, ?)", ("\n".join(words),))
        assert found() == []


def test_lanes_and_windows_change_nothing(found, store_file, monkeypatch):
    monkeypatch.setattr(check_entries, "LANE", 3)
    monkeypatch.setattr(check_entries, "WINDOW", 2)
    assert found() == []
    change(store_file, "DELETE FROM idx WHERE rowid IN (1, 5)")
    assert [place for _, place in found()] == ["Patient/p0/_history/1", "Patient/p4/_history/1"]


def tidied(path: Path) -> None:
    """Let all old positions expire."""

    async def tidy() -> None:
        store = await SqliteStore.open(str(path), clock=lambda: 4_000_000_000_000_000)
        await store.tidy()
        await store.close()

    asyncio.run(tidy())


def test_entries_that_went_by_rights_are_not_missed(found, store_file):
    tidied(store_file)
    assert found() == []


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("UPDATE version SET body = x'0011' WHERE vid = 2", "RST-4566"),
        ("UPDATE version SET digest = x'00' WHERE vid = 2", "RST-4567"),
        ("UPDATE version SET size = size - 1 WHERE vid = 2", "RST-4566"),
        ("UPDATE version SET labels = 'x' WHERE vid = 2", "RST-4568"),
        ("INSERT INTO span_of SELECT 2, n, low, high FROM span_of WHERE vid = 1", "RST-4568"),
        ("INSERT INTO idx (rowid, w) VALUES (2, 'abc')", "RST-4568"),
    ],
)
def test_what_is_only_history_is_read_too(found, store_file, sql, wanted):
    """Its entries are gone; its content is not."""
    tidied(store_file)
    change(store_file, sql)
    assert (wanted, "Patient/p1/_history/1") in found()


@pytest.mark.parametrize("sql", ["SET body = x'0011'", "SET pack = 9", "SET body = substr(body, 1, 20)"])
def test_bytes_that_are_no_resource_any_more_are_never_given_out(store_file, sql):
    change(store_file, f"UPDATE version {sql} WHERE id = 'p0'")

    async def main() -> None:
        store = await open_store(f"sqlite://{store_file}")
        for read in (store.read(Key("Patient", "p0")), store.search(Query(("Patient",)), limit=9)):
            with pytest.raises(Unavailable, match="damaged"):
                await read
        assert await store.read(Key("Patient", "p1")) is not None
        await store.close()

    asyncio.run(main())


def test_a_damaged_page_is_found_and_the_check_goes_on(found, store_file):
    with closing(apsw.Connection(str(store_file))) as db:
        page = db.execute("SELECT max(pageno) FROM dbstat WHERE name = 'span'").get
    with store_file.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))
    ids = [message for message, _ in found()]
    assert "RST-4560" in ids
    assert "RST-4569" in ids or "RST-4568" in ids


def test_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "text").write_text("no database" * 1000)
    with pytest.raises(Unavailable, match="not a store"):
        list(check(tmp_path / "text", None, lambda _: nullcontext(lambda _done, _total: None)))


def test_beside_a_writer_nothing_is_found(store_file, found, indexer):
    async def both() -> None:
        store = await open_store(f"sqlite://{store_file}")
        running = True

        async def write() -> None:
            number = 0
            while running:
                number += 1
                await store.transact(
                    [Unit((prepare(person(number % 7, gender="male" if number % 2 else "female"), indexer),))]
                )

        writer = asyncio.create_task(write())
        try:
            for _ in range(3):
                assert await asyncio.to_thread(found) == []
        finally:
            running = False
            await writer
            await store.close()

    asyncio.run(both())


@pytest.mark.parametrize("until", ["pages", "versions", "entries"])
def test_a_check_that_is_killed_harms_nothing(store_file, found, until):
    before = store_file.read_bytes()
    command = [sys.executable, "-c", CHECKER, str(store_file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.stdout.readline() != f"{until}\n":
            assert process.poll() is None
        process.kill()
    assert process.returncode != 0
    assert store_file.read_bytes() == before
    assert found() == []
    assert store_file.read_bytes() == before
