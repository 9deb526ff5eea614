"""SQLite on disks that are full or read-only: what was acknowledged stays, and the message says what to do."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

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


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    """A folder that is a file stands for one that refuses: also root may not write there."""
    (tmp_path / "file").write_bytes(b"")

    async def opened() -> None:
        await open_store(f"sqlite://{tmp_path}/file/store")

    with pytest.raises((Unavailable, OSError)):
        asyncio.run(opened())
