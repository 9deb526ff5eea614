"""SQLite on disks that are full or read-only: what was acknowledged stays, and the message says what to do."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from conformance.errors import Unavailable
from fhir_server.store import open_store

#: Writes until the disk is full, tells what was acknowledged and how it ended; then reads all of it back.
_UNTIL_FULL = """
import asyncio, os, resource, signal, sys
from conformance.errors import Unavailable
from fhir_server.store import open_store
from fhir_server.store.protocol import Key, Unit
from store_writes import put

async def main():
    store = await open_store(sys.argv[1])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    number = 0
    try:
        while True:
            parts = tuple(put(f"Patient/{number}-{part}", content=os.urandom(3000).hex()) for part in "ab")
            await store.transact([Unit(parts)])
            number += 1
    except Unavailable as error:
        print(number, error.issues[0].message.id, flush=True)
    for known in range(number):
        assert (await store.read(Key("Patient", f"{known}-b"))) is not None
    assert await store.read(Key("Patient", f"{number}-a")) is None
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.transact([Unit((put("Patient/after"),))])
    print("again", flush=True)
    if sys.argv[3] == "closed":
        await store.close()
    else:
        os._exit(9)

asyncio.run(main())
"""


def ran(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join((str(Path(__file__).parent), str(Path(__file__).parents[2])))
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("end", ["closed", "killed"])
def test_a_full_disk_loses_nothing_acknowledged_and_writing_goes_on_when_there_is_room(tmp_path, end):
    done = ran(_UNTIL_FULL, f"sqlite://{tmp_path}/store", 1_000_000, end)
    told, again = done.stdout.split("\n")[:2], done.stdout
    count, message = told[0].split()
    assert (message in {"RST-4502", "RST-4504"}, "again" in again) == (True, True), done.stderr

    async def everything() -> set[str]:
        store = await open_store(f"sqlite://{tmp_path}/store")
        found = {one.key.id async for chunk in store.scan((), await store.position()) for one in chunk}
        await store.close()
        return found

    assert asyncio.run(everything()) == {f"{n}-{part}" for n in range(int(count)) for part in "ab"} | {"after"}
    assert int(count) > 10


#: Fills the disk while there is room in the log alone: it cannot be copied back. Says what it is after that.
_NO_ROOM_TO_COPY = """
import asyncio, os, resource, signal, sys
from fhir_server.store import open_store
from fhir_server.store.protocol import Unit
from fhir_server.store.sqlite import upkeep
from store_writes import put
upkeep._REST_PAGES = upkeep._COPY_PAGES = 5

async def fill(store, names):
    for name in names:
        await store.transact([Unit((put(f"Patient/{name}", content=os.urandom(20_000).hex()),))])

async def main():
    path = sys.argv[1]
    store = await open_store(f"sqlite://{path}")
    await fill(store, range(60))
    await store.close()
    before = os.path.getsize(path)
    store = await open_store(f"sqlite://{path}")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (before, resource.RLIM_INFINITY))
    await fill(store, range(100, 120))
    await asyncio.sleep(0.5)
    if sys.argv[2] == "room":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await fill(store, range(200, 203))
        await asyncio.sleep(0.5)
    print(os.path.getsize(path) > before, flush=True)
    await store.close()
    print("closed", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize(("then", "copied"), [("room", "True"), ("none", "False")])
def test_a_log_that_cannot_be_copied_back_is_copied_when_there_is_room(tmp_path, then, copied):
    done = ran(_NO_ROOM_TO_COPY, tmp_path / "store", then)
    assert (done.stdout.split(), done.stderr) == ([copied, "closed"], "")

    async def count() -> int:
        store = await open_store(f"sqlite://{tmp_path}/store")
        found = (await store.counts())["Patient"]
        await store.close()
        return found

    assert asyncio.run(count()) == (83 if then == "room" else 80)


#: Copies a store to where there is no room for it.
_NO_ROOM_FOR_A_COPY = """
import asyncio, os, resource, signal, sys
from pathlib import Path
from conformance.errors import Unavailable
from fhir_server.store import open_store
from fhir_server.store.protocol import Unit
from fhir_server.store.sqlite.backup import backup
from store_writes import put

async def fill(path):
    store = await open_store(f"sqlite://{path}")
    await store.transact([Unit((put("Patient/1", content=os.urandom(50_000).hex()),))])
    await store.close()

folder = Path(sys.argv[1])
asyncio.run(fill(folder / "store"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
try:
    backup(folder / "store", folder / "copy", lambda *_: None)
except Unavailable as error:
    print(error.issues[0].text())
"""


def test_a_copy_that_has_no_room_is_told_and_leaves_nothing(tmp_path):
    done = ran(_NO_ROOM_FOR_A_COPY, tmp_path)
    assert "SQLITE_IOERR_WRITE" in done.stdout or "full" in done.stdout, done.stderr
    assert not list(tmp_path.glob("copy*"))


#: Makes a store, takes the permissions away (root has to become somebody else), and tries everything.
_WITHOUT_PERMISSION = """
import asyncio, os, sys
from contextlib import nullcontext
from pathlib import Path
from conformance.errors import Unavailable
from fhir_server.store import open_store
from fhir_server.store.protocol import Key, Unit
from fhir_server.store.query import Query, TokenTerm
from fhir_server.store.sqlite.check import check
from store_writes import put, token

NOBODY = 65534
folder = Path(sys.argv[1])
coded = Query(("Patient",), TokenTerm("code", None, "x"))

async def made():
    store = await open_store(f"sqlite://{folder}/store")
    await store.transact([Unit((put("Patient/1", token("code", "x")),))])
    await store.close()

async def told(name, call):
    try:
        print(name, len(await call()), flush=True)
    except Unavailable as error:
        print(name, error.issues[0].message.id, flush=True)

async def tried():
    try:
        store = await open_store(f"sqlite://{folder}/store")
    except Unavailable as error:
        print("open", error.issues[0].message.id, flush=True)
        return
    async def read():
        return [await store.read(Key("Patient", "1"))]
    async def found():
        return (await store.search(coded, limit=5)).versions
    async def scanned():
        return [one async for chunk in store.scan((), await store.position()) for one in chunk]
    await told("read", read)
    await told("search", found)
    await told("scan", scanned)
    await told("write", lambda: store.transact([Unit((put("Patient/2"),))]))
    await told("read", read)
    def checked():
        return list(check(folder / "store", None, lambda _: nullcontext(lambda *_: None)))
    print("check", len(await asyncio.to_thread(checked)), flush=True)
    os._exit(0)

asyncio.run(made())
if os.getuid() == 0:
    for path in (folder, *folder.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    os.setgid(NOBODY)
    os.setuid(NOBODY)
os.chmod(*{"file": (folder / "store", 0o444), "folder": (folder, 0o555)}[sys.argv[2]])
asyncio.run(tried())
"""


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("file", ["read 1", "search 1", "scan 1", "write RST-4503", "read 1", "check 0"]),
        ("folder", ["open RST-4503"]),
    ],
)
def test_without_the_permission_to_write_the_reason_is_told_and_a_file_can_still_be_read(what, told):
    """A folder must be writable: readers keep the index of the log there."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        done = ran(_WITHOUT_PERMISSION, folder, what)
    assert done.stdout.splitlines() == told, done.stderr


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    """A folder that is a file stands for one that refuses: also root may not write there."""
    (tmp_path / "file").write_bytes(b"")

    async def opened() -> None:
        await open_store(f"sqlite://{tmp_path}/file/store")

    with pytest.raises((Unavailable, OSError)):
        asyncio.run(opened())
