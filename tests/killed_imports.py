"""An import whose workers are killed, as a program: ``killed_imports.py STORE FOLDER KILLS SEED``.

Each worker is a process of its own, ended by SIGKILL just before or after one of its checkpoints, or at any moment. The
last one is left alone. Prints the number of kills that happened. FOLDER gets the inputs and the error files.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import deadly
import msgspec

from fhir_server.bulk.exporting.places import Directory
from fhir_server.bulk.importing import lines
from fhir_server.bulk.importing.fetching import Fetcher
from fhir_server.bulk.importing.kind import ImportKind
from fhir_server.bulk.importing.order import IMPORT, Input, Level, Order, Origin
from fhir_server.installation import Installation
from fhir_server.job_kinds import now
from fhir_server.jobs import Board, Lease, Worker
from fhir_server.settings import Settings
from fhir_server.store import open_store
from fhir_server.store.protocol import Store

#: Good lines of each of the two inputs for each kill that is meant; every tenth line besides is bad.
LINES = 120
#: Microseconds of a lease.
LEASE = 250_000


def content(number: int) -> dict[str, Any]:
    """A good resource; every third has no id."""
    found = {"resourceType": "Basic", "code": {"text": f"r{number}"}}
    return found if number % 3 == 0 else {**found, "id": f"r{number}"}


def rows(first: int, count: int) -> list[bytes]:
    made = []
    for number in range(first, first + count):
        made.append(json.dumps(content(number)).encode())
        if number % 10 == 0:
            made.append(b'{"resourceType":"Basic","id":"bad %d"}' % number)
    return made


def inputs(folder: Path, kills: int) -> tuple[Input, ...]:
    """A plain file and a packed one."""
    folder.mkdir(parents=True, exist_ok=True)
    count = kills * LINES
    (folder / "a.ndjson").write_bytes(b"\n".join(rows(0, count)) + b"\n")
    (folder / "b.ndjson.gz").write_bytes(gzip.compress(b"\n".join(rows(count, count))))
    return tuple(Input(Origin.PATH, name, str(folder / name)) for name in ("a.ndjson", "b.ndjson.gz"))


class Deadly(ImportKind):
    """Kills its own process at a checkpoint: ``when`` is ("before" | "after", number)."""

    when: tuple[str, int] = ("", 0)

    async def run(self, lease: Lease) -> dict[str, Any]:
        deadly.arm(lease, self.when)
        return await ImportKind.run(self, lease)


def kind_of(store: Store, url: str, folder: Path) -> Deadly:
    async def installed() -> Installation:
        return Installation(bytes(32), "http://example.vn")

    place, fetcher = Directory(folder / "errors"), Fetcher(frozenset(), 0)
    settings = Settings(store=url, load_workers=1)
    return Deadly(store, settings, place, folder / "spool", fetcher, installed, now)


async def work(url: str, folder: Path, when: tuple[str, int]) -> None:
    """Wait for the job, and do it."""
    lines.LINES = 20
    store = await open_store(url)
    Deadly.when = when
    worker = Worker(Board(store), {IMPORT: kind_of(store, url, folder)}, now, str(os.getpid()), lease=LEASE)
    while not (await Board(store).find("job")).state.is_final:
        await worker.drain()
        await asyncio.sleep(0.01)
    await store.close()


async def ask(url: str, folder: Path, kills: int) -> None:
    store = await open_store(url)
    order = Order(inputs=inputs(folder, kills), validation=Level.OFF)
    await Board(store).add("job", IMPORT, msgspec.to_builtins(order), now())
    await store.close()


def started(url: str, folder: Path, place: str, number: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, url, str(folder), place, str(number)])


def main(url: str, folder: Path, kills: int, seed: int) -> None:
    seeded = random.Random(seed)
    asyncio.run(ask(url, folder, kills))
    happened = 0
    for kill in range(kills):
        place = ("before", "after", "any")[kill % 3]
        # Five workers in turn without a checkpoint would be the end of the job.
        worker = started(url, folder, place, seeded.randrange(1 if kill % 9 == 0 else 2, 5))
        if place == "any":
            time.sleep(1 + seeded.random())
            worker.kill()
        happened += worker.wait() == -signal.SIGKILL
    started(url, folder, "", 0).wait()
    print(happened)  # noqa: T201


if __name__ == "__main__":
    url, folder = sys.argv[1], Path(sys.argv[2])
    if sys.argv[3].isdigit():
        main(url, folder, int(sys.argv[3]), int(sys.argv[4]))
    else:
        asyncio.run(work(url, folder, (sys.argv[3], int(sys.argv[4]))))
