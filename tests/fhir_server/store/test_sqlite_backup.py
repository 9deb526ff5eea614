"""Copies of a store's file: whole while others write, never over a store that is in use, never half."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from conformance.errors import Conflict, NotFound, NotSupported, Unavailable
from fhir_server.store import open_store
from fhir_server.store.protocol import Body, Key, Record, Unit, Version, Write
from fhir_server.store.sqlite import backup as copies
from fhir_server.store.sqlite.backup import backup, restore

#: Opens a store, writes for as long as it is let, and says what was acknowledged.
WRITER = """
import asyncio, itertools, sys
from fhir_server.store import open_store
from fhir_server.store.protocol import Body, Key, Unit, Write

async def main():
    store = await open_store(sys.argv[1])
    print("open", flush=True)
    for number in itertools.count():
        body = Body(b'{"resourceType":"Patient","meta":{', b'},"n":%d}' % number)
        pair = tuple(Write(Key("Patient", f"{side}{number}"), body) for side in "ab")
        await store.transact([Unit(pair)])
        print(number, flush=True)

asyncio.run(main())
"""


#: Copies a store in small steps and says when it has made one.
COPIER = """
import sys
from pathlib import Path
from fhir_server.store.sqlite import backup as copies
copies.STEP_PAGES = 1
copies.backup(Path(sys.argv[1]), Path(sys.argv[2]), lambda *_: print("step", flush=True))
print("done", flush=True)
"""


def silent(_done: int, _total: int | None) -> None:
    """Takes no notice of progress."""


def put(logical_id: str, text: str = "") -> Unit:
    return Unit(
        (
            Write(
                Key("Patient", logical_id), Body(b'{"resourceType":"Patient","meta":{', b'},"t":"%b"}' % text.encode())
            ),
        )
    )


def filled(path: Path, *ids: str) -> None:
    async def fill() -> None:
        store = await open_store(f"sqlite://{path}")
        await store.transact([put(one) for one in ids])
        await store.close()

    asyncio.run(fill())


def content(path: Path) -> list[Version]:
    async def read() -> list[Version]:
        store = await open_store(f"sqlite://{path}")
        found = [one async for chunk in store.versions(0, await store.position()) for one in chunk]
        await store.close()
        return found

    return asyncio.run(read())


def writing(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", WRITER, f"sqlite://{path}"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "open\n"
    return process


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_copy_is_the_store_and_comes_back(tmp_path):
    filled(tmp_path / "s", "1", "2")
    seen: list[tuple[int, int | None]] = []
    done = backup(tmp_path / "s", tmp_path / "copy", lambda count, total: seen.append((count, total)))
    assert (done.versions, done.bytes) == (2, (tmp_path / "copy").stat().st_size)
    assert seen
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    assert {path.name for path in tmp_path.glob("copy*")} == {"copy"}
    restore(tmp_path / "copy", tmp_path / "new", silent)
    assert content(tmp_path / "new") == content(tmp_path / "s") != []


def test_a_copy_while_another_process_writes_is_one_state(tmp_path, monkeypatch):
    monkeypatch.setattr(copies, "STEP_PAGES", 5)
    process = writing(tmp_path / "s")
    try:
        for _ in range(200):
            process.stdout.readline()
        last = int(process.stdout.readline())
        for name in ("one", "two", "three"):
            backup(tmp_path / "s", tmp_path / name, silent)
    finally:
        ended(process)
    ids = [one.key.id for one in content(tmp_path / "one")]
    assert ids == [f"{side}{number}" for number in range(len(ids) // 2) for side in "ab"]
    assert len(ids) // 2 > last
    assert len(ids) <= len(content(tmp_path / "two")) <= len(content(tmp_path / "three"))


def test_nothing_is_copied_over_a_file_or_from_none(tmp_path):
    filled(tmp_path / "s", "1")
    (tmp_path / "taken").write_bytes(b"mine")
    with pytest.raises(Conflict, match="taken"):
        backup(tmp_path / "s", tmp_path / "taken", silent)
    assert (tmp_path / "taken").read_bytes() == b"mine"
    with pytest.raises(NotFound):
        backup(tmp_path / "nothing", tmp_path / "copy", silent)
    with pytest.raises(NotFound):
        restore(tmp_path / "nothing", tmp_path / "new", silent)
    assert {path.name for path in tmp_path.iterdir() if "-" not in path.name} == {"s", "taken"}


def test_a_store_that_is_not_empty_is_replaced_only_when_asked(tmp_path):
    filled(tmp_path / "s", "1")
    backup(tmp_path / "s", tmp_path / "copy", silent)
    filled(tmp_path / "other", "2")
    with pytest.raises(Conflict, match="--replace"):
        restore(tmp_path / "copy", tmp_path / "other", silent)
    assert [one.key.id for one in content(tmp_path / "other")] == ["2"]
    restore(tmp_path / "copy", tmp_path / "other", silent, replace=True)
    assert [one.key.id for one in content(tmp_path / "other")] == ["1"]


def test_a_store_that_is_replaced_keeps_its_mode(tmp_path):
    filled(tmp_path / "s", "1")
    backup(tmp_path / "s", tmp_path / "copy", silent)
    (tmp_path / "s").chmod(0o640)
    restore(tmp_path / "copy", tmp_path / "s", silent, replace=True)
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_does_to_a_store_shuts_its_owner_not_out(tmp_path):
    filled(tmp_path / "s", "1")
    backup(tmp_path / "s", tmp_path / "copy", silent)
    for name in ("s-queue", "s-turn"):
        (tmp_path / name).unlink()
    os.chown(tmp_path / "s", 65_534, 65_534)
    assert len(content(tmp_path / "s")) == 1
    restore(tmp_path / "copy", tmp_path / "s", silent, replace=True)
    assert {path.stat().st_uid for path in tmp_path.glob("s*")} == {65_534}
    assert {path.name for path in tmp_path.glob("s*")} == {"s", "s-queue", "s-turn"}


def test_an_empty_store_is_filled_and_one_with_records_alone_is_not_empty(tmp_path):
    filled(tmp_path / "s", "1")
    backup(tmp_path / "s", tmp_path / "copy", silent)
    filled(tmp_path / "empty")
    restore(tmp_path / "copy", tmp_path / "empty", silent)
    assert len(content(tmp_path / "empty")) == 1

    async def with_record() -> None:
        store = await open_store(f"sqlite://{tmp_path}/records")
        await store.transact([Unit(records=(Record("source", "a", b"1"),))])
        await store.close()

    asyncio.run(with_record())
    with pytest.raises(Conflict):
        restore(tmp_path / "copy", tmp_path / "records", silent)


def test_a_store_in_use_is_never_replaced(tmp_path):
    filled(tmp_path / "s", "1")
    backup(tmp_path / "s", tmp_path / "copy", silent)
    process = writing(tmp_path / "used")
    try:
        with pytest.raises(Conflict, match="in use"):
            restore(tmp_path / "copy", tmp_path / "used", silent, replace=True)
        last = int(process.stdout.readline())
    finally:
        ended(process)
    assert len(content(tmp_path / "used")) > 2 * last


def test_a_killed_store_keeps_its_log_until_it_is_replaced(tmp_path):
    """What lies in the write-ahead log is the old store's; it must not come into the new one."""
    process = writing(tmp_path / "used")
    for _ in range(50):
        process.stdout.readline()
    ended(process)
    assert (tmp_path / "used-wal").stat().st_size > 0
    filled(tmp_path / "s", "1")
    backup(tmp_path / "s", tmp_path / "copy", silent)
    with pytest.raises(Conflict, match="--replace"):
        restore(tmp_path / "copy", tmp_path / "used", silent)
    assert len(content(tmp_path / "used")) >= 100
    restore(tmp_path / "copy", tmp_path / "used", silent, replace=True)
    assert [one.key.id for one in content(tmp_path / "used")] == ["1"]


def test_the_log_of_a_store_that_was_removed_does_not_come_into_the_one_that_is_put_back(tmp_path):
    filled(tmp_path / "other", "1")
    backup(tmp_path / "other", tmp_path / "copy", silent)
    process = writing(tmp_path / "s")
    for _ in range(20):
        process.stdout.readline()
    ended(process)
    (tmp_path / "s").unlink()
    with pytest.raises(Conflict, match="s-wal"):
        backup(tmp_path / "other", tmp_path / "s", silent)
    assert (tmp_path / "s-wal").stat().st_size > 0
    restore(tmp_path / "copy", tmp_path / "s", silent)
    assert [one.key.id for one in content(tmp_path / "s")] == ["1"]


def test_a_link_stands_for_the_store_that_it_leads_to(tmp_path):
    filled(tmp_path / "copy", "1")
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept" / "s")
    filled(tmp_path / "link", "2")
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {"s", "s-queue", "s-turn"}
    restore(tmp_path / "copy", tmp_path / "link", silent, replace=True)
    assert (tmp_path / "link").is_symlink()
    assert [one.key.id for one in content(tmp_path / "kept" / "s")] == ["1"]


def test_the_log_of_a_store_is_read_by_a_link_too(tmp_path):
    (tmp_path / "kept").mkdir()
    process = writing(tmp_path / "kept" / "s")
    last = [int(process.stdout.readline()) for _ in range(20)][-1]
    ended(process)
    (tmp_path / "link").symlink_to(tmp_path / "kept" / "s")
    assert restore(tmp_path / "link", tmp_path / "new", silent).versions > 2 * last


def test_a_damaged_store_can_be_replaced(tmp_path):
    filled(tmp_path / "s", "1")
    backup(tmp_path / "s", tmp_path / "copy", silent)
    (tmp_path / "broken").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Conflict, match="--replace"):
        restore(tmp_path / "copy", tmp_path / "broken", silent)
    restore(tmp_path / "copy", tmp_path / "broken", silent, replace=True)
    assert len(content(tmp_path / "broken")) == 1


def damaged(path: Path) -> None:
    """Overwrite the last page that belongs to the versions."""
    with closing(apsw.Connection(str(path))) as db:
        page = db.execute("SELECT max(pageno) FROM dbstat WHERE name = 'version'").get
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))


def test_a_copy_that_is_not_whole_gets_no_name(tmp_path):
    filled(tmp_path / "s", *map(str, range(400)))
    backup(tmp_path / "s", tmp_path / "copy", silent)
    damaged(tmp_path / "copy")
    with pytest.raises(Unavailable, match=r"not whole|damaged"):
        restore(tmp_path / "copy", tmp_path / "new", silent)
    with pytest.raises(Unavailable):
        backup(tmp_path / "copy", tmp_path / "again", silent)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("new", "again"))]


def test_what_is_no_store_is_not_restored(tmp_path):
    (tmp_path / "text").write_text("no database" * 1000)
    with pytest.raises(Unavailable, match="not a store"):
        restore(tmp_path / "text", tmp_path / "new", silent)
    filled(tmp_path / "newer", "1")
    with closing(apsw.Connection(str(tmp_path / "newer"))) as db:
        db.execute("PRAGMA user_version = 999").fetchall()
    with pytest.raises(NotSupported, match="999"):
        restore(tmp_path / "newer", tmp_path / "new", silent)
    assert not (tmp_path / "new").exists()


def test_two_copies_under_one_name_do_not_meet(tmp_path):
    filled(tmp_path / "s", "1")
    with copies._part_of(tmp_path / "copy"), pytest.raises(Conflict, match=r"copy\.part"):
        backup(tmp_path / "s", tmp_path / "copy", silent)
    (tmp_path / "copy.part").write_bytes(b"left by a killed process")
    assert backup(tmp_path / "s", tmp_path / "copy", silent).versions == 1
    assert not (tmp_path / "copy.part").exists()


@pytest.mark.parametrize("steps", [1, 8, 20])
def test_a_backup_that_is_killed_harms_nothing_and_leaves_nothing_in_the_way(tmp_path, steps):
    """Wherever it is, also beside a writer: there is no half copy under the name, and the next one is made."""
    filled(tmp_path / "s", *map(str, range(300)))
    writer = writing(tmp_path / "s")
    try:
        command = [sys.executable, "-c", COPIER, tmp_path / "s", tmp_path / "copy"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            lines = [process.stdout.readline() for _ in range(steps)]
            process.kill()
            rest = process.stdout.read()
        last = int(writer.stdout.readline())
    finally:
        ended(writer)
    assert set(lines) == {"step\n"}
    assert (tmp_path / "copy").exists() or "done" not in rest
    (tmp_path / "copy").unlink(missing_ok=True)
    done = backup(tmp_path / "s", tmp_path / "copy", silent)
    assert done.versions >= 300 + 2 * last
    assert {path.name for path in tmp_path.glob("copy*")} == {"copy"}
    assert content(tmp_path / "copy") == content(tmp_path / "s")
