"""An export whose workers are killed, as a program: ``killed_exports.py STORE FOLDER KILLS SEED [FORMAT]``.

Each worker is a process of its own (forked, the store opened after), ended by SIGKILL just before or after one of its
checkpoints, or at any moment. Another process writes all the time. The last worker is left alone. Prints the number of
kills that happened.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import deadly
import msgspec

from fhir_server.bulk.exporting.kind import ExportKind
from fhir_server.bulk.exporting.order import EXPORT, NDJSON, Order
from fhir_server.bulk.exporting.places import Directory
from fhir_server.job_kinds import now
from fhir_server.jobs import Board, Job, Kind, Lease, Worker
from fhir_server.search import Indexer
from fhir_server.store import open_store
from fhir_server.store.protocol import Body, Key, Store, Unit, Write
from fhir_server.store.sqlite import reading, scanning

TYPES = ("Patient", "Encounter", "Observation")
#: Resources for each kill that is meant.
RESOURCES = 200
#: Microseconds of a lease, and bytes of a file.
LEASE, SIZE = 150_000, 1_200

scanning.CHUNK = reading.CHUNK = 20


def write(number: int, mark: int) -> Write:
    key = Key(TYPES[number % 3], f"r{number}")
    head = b'{"resourceType":"%b","id":"%b","meta":{' % (key.type.encode(), key.id.encode())
    return Write(key, Body(head, b'},"language":"%d"}' % mark), digest=mark.to_bytes(8, "big"))


async def fill(url: str, count: int, kind: str, order: Any) -> None:
    store = await open_store(url)
    for start in range(0, count, 500):
        await store.transact([Unit((write(number, 0),)) for number in range(start, start + 500)])
    await Board(store).add("job", kind, msgspec.to_builtins(order), now())
    await store.close()


async def keep_writing(url: str, count: int) -> None:
    store = await open_store(url)
    seeded = random.Random(1)
    for mark in itertools.count(1):
        number = seeded.randrange(count + 500)
        one = Write(write(number, 0).key, None) if mark % 7 == 0 else write(number, mark)
        await store.transact([Unit((one,))])
        await asyncio.sleep(0.001)


class Deadly:
    """Kills its own process at a checkpoint: ``when`` is ("before" | "after", number)."""

    def __init__(self, kind: Kind, when: tuple[str, int]) -> None:
        self._kind, self._when = kind, when

    async def run(self, lease: Lease) -> dict[str, Any]:
        deadly.arm(lease, self._when)
        return await self._kind.run(lease)

    async def clean(self, job: Job) -> None:
        await self._kind.clean(job)


#: Makes the kind of a worker from its store, where files go, and when it is to be killed.
Make: TypeAlias = Callable[[Store, Directory, tuple[str, int]], Kind]


def make(store: Store, place: Directory, when: tuple[str, int]) -> Kind:
    return Deadly(ExportKind(store, indexed, place, now, SIZE), when)


async def indexed() -> Indexer:
    """Nothing: an export of everything asks it nothing."""
    return None  # type: ignore[return-value]


async def work(url: str, folder: Path, when: tuple[str, int], kind: str, make: Make) -> None:
    """Wait for the job, and do it."""
    store = await open_store(url)
    deadly_kind = make(store, Directory(folder), when)
    worker = Worker(Board(store), {kind: deadly_kind}, now, str(os.getpid()), lease=LEASE)
    while not (await Board(store).find("job")).state.is_final:
        await worker.drain()
        await asyncio.sleep(0.01)
    await store.close()


def forked(work: Any) -> int:
    child = os.fork()
    if not child:
        asyncio.run(work)
        os._exit(0)
    work.close()
    return child


def main(url: str, folder: Path, kills: int, seed: int, kind: str, order: Any, make: Make) -> None:  # noqa: PLR0917
    seeded = random.Random(seed)
    count = kills * RESOURCES
    os.waitpid(forked(fill(url, count, kind, order)), 0)
    writer = forked(keep_writing(url, count))
    happened = 0
    for kill in range(kills):
        place = ("before", "after", "any")[kill % 3]
        # Five workers in turn without a checkpoint would be the end of the job.
        number = seeded.randrange(1 if kill % 9 == 0 else 2, 5)
        worker = forked(work(url, folder, (place, number), kind, make))
        if place == "any":
            time.sleep(LEASE / 1_000_000 + seeded.random() * 0.15)
            os.kill(worker, signal.SIGKILL)
        happened += os.WIFSIGNALED(os.waitpid(worker, 0)[1])
    os.waitpid(forked(work(url, folder, ("", 0), kind, make)), 0)
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    print(happened)  # noqa: T201


if __name__ == "__main__":
    wanted = Order(now=now(), format=(*sys.argv[5:], NDJSON)[0])
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), EXPORT, wanted, make)
