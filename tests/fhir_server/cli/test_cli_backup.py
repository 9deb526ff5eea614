"""``backup``, ``restore``, ``check`` and ``migrate`` from the command line, killed and on bad disks."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import apsw
import pytest
from mongo_server import one_node

from fhir_server.store import open_store
from fhir_server.store.protocol import Body, Key, Unit, Write


def fill(path: Path, count: int = 40, size: int = 10) -> None:
    async def work() -> None:
        path.parent.mkdir(exist_ok=True)
        store = await open_store(f"sqlite://{path}")
        for start in range(0, count, 500):
            rows = range(start, min(start + 500, count))
            await store.transact([Unit((write(number, size),)) for number in rows])
        await store.close()

    asyncio.run(work())


def write(number: int, size: int) -> Write:
    """A patient as no indexer would store it, of about ``size`` bytes that cannot be packed."""
    text = os.urandom(size // 2).hex().encode()
    return Write(
        Key("Patient", str(number)),
        Body(b'{"resourceType":"Patient","id":"%d","meta":{' % number, b'},"language":"%b"}' % text),
    )


@pytest.fixture
def store_file(tmp_path):
    path = tmp_path / "store" / "fhir.sqlite"
    fill(path)
    return path


def test_a_round_trip(run, tmp_path, store_file):
    done = run("backup", "--out", "copy.sqlite")
    assert (done.returncode, "40 versions" in done.stdout) == (0, True)
    again = run("backup", "--out", "copy.sqlite")
    assert (again.returncode, "RST" not in again.stdout, "copy.sqlite is there already" in again.stderr) == (
        2,
        True,
        True,
    )
    refused = run("restore", "copy.sqlite")
    assert (refused.returncode, "--replace" in refused.stderr) == (2, True)
    assert run("restore", "copy.sqlite", "--replace").returncode == 0
    assert run("restore", "copy.sqlite", "--store", "sqlite:new/fhir.sqlite").returncode == 0
    assert run("check", "--quick", "--store", "sqlite:new/fhir.sqlite").returncode == 0


def test_other_engines_are_told_what_to_use(run):
    for command in (("backup", "--out", "x"), ("restore", "x"), ("check",)):
        done = run(*command, "--store", "mongodb://127.0.0.1/fhir")
        assert (done.returncode, ("mongosh" if command == ("check",) else "mongodump") in done.stderr) == (2, True)


def test_findings_are_lines_and_an_exit_code(run, store_file):
    with closing(apsw.Connection(str(store_file))) as db:
        db.execute("DELETE FROM cur WHERE vid = 7").fetchall()
    found = run("check", "--quick", FHIR_SERVER_LANGUAGE="vi")
    assert found.returncode == 1
    first, last = found.stdout.splitlines()
    assert first.startswith("Patient/6/_history/1: error: Danh sách")
    assert last.endswith("1 lỗi")
    assert run("check", "--store", "sqlite:none/fhir.sqlite").returncode == 2


def test_check_derives_entries_anew(run, store_file):
    """What was written without entries and digest is not what a server would have written."""
    found = run("check")
    assert found.returncode == 1
    assert {line.split(": ")[0] for line in found.stdout.splitlines()[:-1]} == {
        f"Patient/{n}/_history/1" for n in range(40)
    }


def test_a_damaged_page_is_a_finding(run, store_file):
    with closing(apsw.Connection(str(store_file))) as db:
        page = db.execute("SELECT max(pageno) FROM dbstat WHERE name = 'version'").get
    with store_file.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    found = run("check", "--quick")
    assert (found.returncode, "Restore a backup" in found.stdout) == (1, True)
    refused = run("backup", "--out", "copy.sqlite")
    assert refused.returncode == 2
    assert not list(store_file.parent.parent.glob("copy*"))


def test_killed_backups_leave_the_store_and_no_copy_that_is_not_whole(start, run, tmp_path, store_file):
    fill(store_file, 1_000, 20_000)
    seen = 0
    for number in range(8):
        process = start("backup", "--out", f"copy{number}")
        deadline = time.monotonic() + 30
        part = tmp_path / f"copy{number}.part"
        while process.poll() is None and not part.exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.004 * number)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        seen += part.exists()
        copy = tmp_path / f"copy{number}"
        if copy.exists():  # It was killed after that, or was at its end.
            assert run("check", "--quick", FHIR_SERVER_STORE=f"sqlite://{copy}").returncode == 0
    assert seen
    assert run("backup", "--out", "copy0").returncode == 0
    assert not (tmp_path / "copy0.part").exists()
    assert run("check", "--quick").returncode == 0


def test_killed_migrations_are_completed(start, run, tmp_path, store_file):
    fill(store_file, 6_000, 400)
    command = ("migrate", "--from", f"sqlite://{store_file}", "--to", f"sqlite://{tmp_path}/moved")
    for number in range(3):
        process = start(*command)
        deadline = time.monotonic() + 60
        wanted = 1 + 1_000 * number
        while process.poll() is None and counted(tmp_path / "moved") < wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert 0 < counted(tmp_path / "moved") <= counted(store_file)
    done = run(*command)
    assert (done.returncode, f"{counted(store_file)} versions" in done.stdout) == (0, True), done.stderr
    assert counted(tmp_path / "moved") == counted(store_file)
    # Only their digests are others: the source was written without an indexer.
    assert run("check", "--store", f"sqlite://{tmp_path}/moved").returncode == 0


def counted(path: Path) -> int:
    if not path.exists():
        return 0
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as db:
        try:
            return int(db.execute("SELECT count(*) FROM version").get)
        except apsw.Error:
            return 0


def test_a_backup_onto_a_full_disk_says_so_and_leaves_nothing(environment, command, tmp_path, store_file):
    fill(store_file, 200, 20_000)

    def little_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(
        [*command, "backup", "--out", "copy"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=little_space,
        check=False,
    )
    assert done.returncode == 2
    assert "fhir-server: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("copy*"))


def test_what_is_no_store_is_neither_made_one_nor_put_in_the_place_of_one(run, tmp_path, store_file):
    """A copy that broke off at nothing must not pass a check, and then replace what it is a copy of."""
    (tmp_path / "nothing").touch()
    with closing(apsw.Connection(str(tmp_path / "foreign"))) as db:
        db.execute("CREATE TABLE theirs (x)")
    for name in ("nothing", "foreign"):
        url, content = f"sqlite:///{tmp_path}/{name}", (tmp_path / name).read_bytes()
        refused = [
            run("check", "--store", url),
            run("check", "--quick", "--store", url),
            run("backup", "--store", url, "--out", "copy"),
            run("restore", name, "--replace"),
        ]
        assert [one.returncode for one in refused] == [2] * 4
        assert all(f"{name} holds no store" in one.stderr for one in refused)
        assert (tmp_path / name).read_bytes() == content
    assert "40 versions" in run("backup", "--out", "copy").stdout
    opened = run("jobs", "list", "--store", f"sqlite:///{tmp_path}/foreign")
    assert (opened.returncode, "foreign holds no store" in opened.stderr) == (2, True)


def test_looking_at_a_database_without_a_store_makes_none(run, tmp_path):
    url = one_node().url(f"c{uuid4().hex}")
    for command in (
        ("jobs", "list", "--store", url),
        ("export", "--out", tmp_path / "out", "--store", url),
        ("migrate", "--from", url, "--to", f"sqlite://{tmp_path}/moved"),
    ):
        refused = run(*command)
        assert (refused.returncode, "There is no store at mongodb://" in refused.stderr) == (2, True)
