"""What is particular to the SQLite engine: files, faults, housekeeping, packed bytes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path

import apsw
import pytest

from conformance.errors import NotSupported, TooCostly, Unavailable
from fhir_server.store import open_store
from fhir_server.store.cursors import cursor_after, place_of
from fhir_server.store.entries import NO_KEY, Entry, Interval, Kind, Token
from fhir_server.store.protocol import Body, Key, Refusal, Unit, Write
from fhir_server.store.query import ALL, Query, Sort, StringMode, StringTerm, TokenTerm, UriTerm
from fhir_server.store.sqlite import SqliteStore, bodies, place, sorting, terms, upkeep
from fhir_server.store.sqlite.faults import unavailable
from fhir_server.store.sqlite.layout import BUSY_TIMEOUT
from fhir_server.store.sqlite.place import file_system

HOUR = 3_600_000_000


class HandClock:
    now = 1_700_000_000_000_000

    def __call__(self) -> int:
        return self.now


def put(logical_id: str, *entries: Entry, note: str = "") -> Write:
    rest = b"}," + json.dumps({"note": note}).encode()[1:]
    digest = hashlib.sha256(rest + repr(entries).encode()).digest()
    return Write(Key("Patient", logical_id), Body(b'{"resourceType":"Patient","meta":{', rest), entries, digest)


def name(text: str) -> Entry:
    return Entry("name", Kind.STRING, NO_KEY, text)


async def opened(folder: Path, **options: object) -> SqliteStore:
    return await SqliteStore.open(str(folder / "store.sqlite"), **options)


def rows(folder: Path, table: str) -> int:
    db = apsw.Connection(str(folder / "store.sqlite"))
    try:
        return int(db.execute("SELECT count(*) FROM " + table).get)  # noqa: S608
    finally:
        db.close()


def test_closing_does_not_wait_while_others_write(tmp_path):
    async def main() -> None:
        store = await opened(tmp_path)
        await store.transact([Unit((put("a"),))])
        beside = apsw.Connection(str(tmp_path / "store.sqlite"))
        beside.execute("BEGIN IMMEDIATE")
        try:
            async with asyncio.timeout(BUSY_TIMEOUT / 1000 / 2):
                await store.close()
        finally:
            beside.close()
        store = await opened(tmp_path)
        assert await store.read(Key("Patient", "a"))
        await store.close()

    asyncio.run(main())


def test_the_lists_of_a_store_at_rest_are_few(tmp_path):
    """A store in which nothing is left to merge is not written to."""
    segments = "(SELECT DISTINCT segid FROM idx_idx)"

    async def main() -> list[str]:
        store = await opened(tmp_path)
        for first in range(0, 700, 100):
            names = [tuple(name(f"name {number} {word}") for word in range(40)) for number in range(first, first + 100)]
            await store.transact([Unit((put(str(first + place), *found),)) for place, found in enumerate(names)])
        before = rows(tmp_path, segments)
        await store.tidy()
        assert 1 <= rows(tmp_path, segments) < before
        await store.close()
        store = await opened(tmp_path)
        while store._engine.merger.has_more:  # noqa: ASYNC110  nobody is told
            await asyncio.sleep(0.05)
        assert (tmp_path / "store.sqlite-wal").stat().st_size == 0
        page = await store.search(Query(("Patient",), StringTerm("name", StringMode.PREFIX, "name 3")), limit=200)
        await store.close()
        return [version.key.id for version in page.versions]

    assert asyncio.run(main()) == ["3", *map(str, range(30, 40)), *map(str, range(300, 400))]


def test_an_unknown_scheme_is_refused_with_the_known_ones():
    with pytest.raises(NotSupported, match=r"couchdb://x.*memory:, sqlite:"):
        asyncio.run(open_store("couchdb://x"))
    with pytest.raises(NotSupported):
        asyncio.run(open_store("/just/a/path"))


def test_a_relative_url_opens_in_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def main() -> None:
        store = await open_store("sqlite:here.sqlite")
        await store.close()

    asyncio.run(main())
    assert (tmp_path / "here.sqlite").exists()
    assert not (tmp_path / "here.sqlite-wal").exists()


def test_what_is_not_a_store_is_refused(tmp_path):
    (tmp_path / "store.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable, match="damaged"):
        asyncio.run(opened(tmp_path))
    with pytest.raises(Unavailable):
        asyncio.run(opened(tmp_path / "no" / "such" / "folder"))


def test_a_file_of_a_newer_server_is_refused(tmp_path):
    db = apsw.Connection(str(tmp_path / "store.sqlite"))
    db.execute("PRAGMA user_version = 99").fetchall()
    db.close()
    with pytest.raises(NotSupported, match="99"):
        asyncio.run(opened(tmp_path))


@pytest.mark.parametrize(("path", "kind"), [("/data/x", "nfs4"), ("/other", "ext4"), ("/data dir/y", "cifs")])
def test_the_file_system_is_that_of_the_longest_mount_point(path, kind):
    mounts = "/dev/a / ext4 rw 0 0\nserver:/x /data nfs4 rw 0 0\n//s/y /data\\040dir cifs rw 0 0\nbad line\n"
    assert file_system(Path(path), mounts) == kind


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.rename(f"{path}.moved")])
def test_nothing_is_acknowledged_when_the_file_is_no_longer_there(tmp_path, lose):
    """It would be written to a file that has no name any more, or another one."""

    async def main() -> None:
        store = await open_store(f"sqlite://{tmp_path}/store")
        unit = Unit((Write(Key("Patient", "1"), Body(b'{"meta":{', b"}}")),))
        await store.transact([unit])
        lose(tmp_path / "store")
        for call in (store.transact([unit]), store.counts()):
            with pytest.raises(Unavailable, match="moved or removed"):
                await call
        await store.close()
        assert not (tmp_path / "store").exists()

    asyncio.run(main())


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_a_log_without_its_store_is_not_opened_as_an_empty_one(tmp_path, lose):
    """What was acknowledged lately is in it."""

    async def main() -> None:
        store = await open_store(f"sqlite://{tmp_path}/store")
        await store.transact([Unit((Write(Key("Patient", "1"), Body(b'{"meta":{', b"}}")),))])
        log = (tmp_path / "store-wal").read_bytes()
        await store.close()
        lose(tmp_path / "store")
        (tmp_path / "store-wal").write_bytes(log)
        with pytest.raises(Unavailable, match="store-wal"):
            await open_store(f"sqlite://{tmp_path}/store")
        assert (tmp_path / "store-wal").read_bytes() == log

    asyncio.run(main())


def test_a_link_to_a_network_file_system_is_refused(tmp_path, monkeypatch):
    (tmp_path / "mounts").write_text(f"server:/x {tmp_path}/far nfs4 rw 0 0\n")
    monkeypatch.setattr(place, "_MOUNTS", tmp_path / "mounts")
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to(tmp_path / "far")
    with pytest.raises(NotSupported, match="nfs4"):
        place.require_local(tmp_path / "near" / "store")
    place.require_local(tmp_path / "store")


def test_driver_errors_speak_two_languages():
    error = unavailable(apsw.FullError("database or disk is full"))
    [issue] = error.issues
    assert issue.message.id == "RST-4502"
    assert "đầy" in issue.text("vi")


def test_a_closed_store_says_so(tmp_path):
    async def main() -> None:
        store = await opened(tmp_path)
        await store.read(Key("Patient", "1"))
        await store.close()
        with pytest.raises(Unavailable, match="closed"):
            await store.transact([Unit((put("1"),))])
        with pytest.raises(Unavailable, match="closed"):
            await store.read(Key("Patient", "1"))

    asyncio.run(main())


def test_a_call_that_cannot_be_written_harms_no_other(tmp_path):
    async def main() -> list[object]:
        store = await opened(tmp_path)
        calls = [
            store.transact([Unit((put(str(number), name("\ud800" if number == 3 else "An")),))]) for number in range(8)
        ]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert await store.count(Query(("Patient",), StringTerm("name", StringMode.PREFIX, "an"))) == 7
        await store.close()
        return outcomes

    outcomes = asyncio.run(main())
    assert [isinstance(outcome, UnicodeEncodeError) for outcome in outcomes] == [number == 3 for number in range(8)]


def test_a_cancelled_caller_does_not_stop_the_writer(tmp_path):
    async def main() -> None:
        store = await opened(tmp_path)
        tasks = [asyncio.create_task(store.transact([Unit((put(str(number)),))])) for number in range(30)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        [outcome] = await store.transact([Unit((put("after"),))])
        assert not isinstance(outcome, Refusal)
        assert await store.count(Query(("Patient",))) >= 16
        await store.close()

    asyncio.run(main())


def test_entries_go_when_no_searchable_position_sees_them(tmp_path):
    clock = HandClock()
    full = (
        name("An"),
        Entry("birthdate", Kind.RANGE, NO_KEY, Interval(1, 2)),
        Entry("link", Kind.REFERENCE, NO_KEY, "Patient/2"),
    )

    async def main() -> None:
        store = await opened(tmp_path, clock=clock)
        for note in "abc":
            await store.transact([Unit((put("1", *full, note=note),))])
        await store.tidy()
        assert rows(tmp_path, "span") == 3
        clock.now += 2 * HOUR
        await store.tidy()
        assert await store.count(Query(("Patient",), StringTerm("name", StringMode.EXACT, "An"))) == 1
        assert len((await store.history((), None, limit=9)).versions) == 3
        await store.close()

    asyncio.run(main())
    assert {
        table: rows(tmp_path, table) for table in ("span", "span_of", "ref_in", "ref_out", "ended", "idx_docsize")
    } == {
        "span": 1,
        "span_of": 1,
        "ref_in": 1,
        "ref_out": 1,
        "ended": 0,
        "idx_docsize": 1,
    }


def test_bodies_packed_with_and_without_a_dictionary_are_read_back(tmp_path):
    notes = [f"Khám sức khỏe định kỳ lần thứ {number}, kết luận: đủ sức khỏe {number * 7919}" for number in range(1500)]

    async def write(store: SqliteStore, start: int, end: int) -> None:
        await store.transact([Unit((put(str(number), note=notes[number]),)) for number in range(start, end)])

    async def main() -> None:
        store = await opened(tmp_path)
        await write(store, 0, 99)
        for start in range(99, 1000, 53):
            await write(store, start, min(start + 53, 1000))
        await store.close()
        store = await opened(tmp_path)
        await write(store, 1000, 1500)
        position = await store.position()
        found = [json.loads(v.body)["note"] async for chunk in store.scan(("Patient",), position) for v in chunk]
        assert found == notes
        await store.close()

    asyncio.run(main())
    assert rows(tmp_path, "dictionary") == 1
    assert rows(tmp_path, "version WHERE pack > 0") == 1401
    assert rows(tmp_path, "version WHERE pack = 0") == bodies.SAMPLES[0] - 1


def test_a_dictionary_rolled_back_is_not_used(tmp_path):
    async def main() -> None:
        store = await opened(tmp_path)
        engine = store._engine

        def install_and_fail(_session: object) -> None:
            packer = engine.writer._maker._packer
            packer.install(
                engine._session.names.intern(0, "Patient"), bodies.trained([b"abc%d" % n * 9 for n in range(999)])
            )
            raise LookupError

        with pytest.raises(LookupError):
            await store._job(install_and_fail)
        await store.transact([Unit((put("1", note="kept"),))])
        assert b"kept" in (await store.read(Key("Patient", "1"))).body
        await store.close()

    asyncio.run(main())
    assert rows(tmp_path, "dictionary") == 0


def test_too_many_texts_are_refused_rather_than_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(terms, "TEXT_CAP", 3)
    entries = [(name(f"an {n}"), Entry("url", Kind.URI, NO_KEY, f"http://a/{n}")) for n in range(5)]

    async def main() -> None:
        store = await opened(tmp_path)
        await store.transact([Unit(tuple(put(str(n), *both) for n, both in enumerate(entries)))])
        for term in (StringTerm("name", StringMode.CONTAINS, "n"), UriTerm("url", "http://a", below=True)):
            with pytest.raises(TooCostly):
                await store.search(Query(("Patient",), term), limit=2)
        assert await store.count(Query(("Patient",), StringTerm("name", StringMode.CONTAINS, "n 4"))) == 1
        await store.close()

    asyncio.run(main())


def test_a_sort_over_too_many_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sorting, "FEW", 2)
    monkeypatch.setattr(sorting, "SORT_CAP", 4)

    async def main() -> None:
        store = await opened(tmp_path)
        await store.transact([Unit(tuple(put(str(n), name(f"{n}")) for n in range(5)))])
        with pytest.raises(TooCostly):
            await store.search(Query(("Patient",), ALL, (Sort("name"),)), limit=2)
        await store.close()

    asyncio.run(main())


def test_cursors_keep_every_kind_of_sort_value():
    values = [1, "b00", b"\x00\xff", None, ""]
    assert place_of(cursor_after(7, values, 9), 5) == (values, 9)


def test_many_words_in_one_or(tmp_path):
    async def main() -> None:
        store = await opened(tmp_path)
        await store.transact([Unit((put("1", Entry("code", Kind.TOKEN, NO_KEY, Token("s", "c2999"))),))])
        from fhir_server.store.query import Or

        many = Or(tuple(TokenTerm("code", "s", f"c{number}") for number in range(3000)))
        assert await store.count(Query(("Patient",), many)) == 1
        await store.close()

    asyncio.run(main())


def test_pages_that_come_free_go_back_to_the_file_system(tmp_path, monkeypatch):
    monkeypatch.setattr(upkeep, "_FREE_PAGES", 10)
    clock = HandClock()
    spans = [Entry(f"d{number}", Kind.RANGE, NO_KEY, Interval(number, number + 1)) for number in range(20)]

    async def all_gone() -> tuple[int, int]:
        store = await opened(tmp_path, clock=clock)
        await store.transact([Unit((put(str(number), *spans),)) for number in range(800)])
        await store.transact([Unit((Write(Key("Patient", str(number)), None),)) for number in range(800)])
        before = pages(tmp_path)
        clock.now += 2 * HOUR
        await store.transact([Unit((put("last"),))])
        await store.tidy()
        after = pages(tmp_path)
        await store.close()
        return before, after

    before, after = asyncio.run(all_gone())
    assert after < 0.8 * before


def pages(folder: Path) -> int:
    db = apsw.Connection(str(folder / "store.sqlite"))
    try:
        return int(db.execute("PRAGMA page_count").get)
    finally:
        db.close()
