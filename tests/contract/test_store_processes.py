"""What engines that promise it do when a process is killed, and with several processes on one store."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from store_writes import put, token, unit

from fhir_server.store import open_store
from fhir_server.store.protocol import Key
from fhir_server.store.query import Query, TokenTerm

pytestmark = pytest.mark.anyio

#: After how many acknowledged units the process is killed, each time with another store.
KILLS = range(1, 101) if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else (5, 40)

_WRITER = """
import asyncio, itertools, sys
from fhir_server.store import open_store
from fhir_server.store.protocol import Unit
from store_writes import put, token

async def lane(store, name):
    for number in itertools.count():
        unit = f"{name}-{number}"
        await store.transact([Unit(tuple(put(f"Patient/{unit}-{part}", token("unit", unit)) for part in "abc"))])
        print(unit, flush=True)

async def main():
    store = await open_store(sys.argv[1])
    await asyncio.gather(*(lane(store, name) for name in "pqrs"))

asyncio.run(main())
"""

_RACER = """
import asyncio, sys
from fhir_server.store import open_store
from fhir_server.store.protocol import Guard, Key, Refusal, Unit
from fhir_server.store.query import Query, TokenTerm
from store_writes import put, token

async def claim(store, number, me):
    code = str(number)
    guard = Guard(Query(("Patient",), TokenTerm("identifier", "s", code)), None)
    await store.transact([Unit((put(f"Patient/{me}-{code}", token("identifier", code, "s")),), guards=(guard,))])

async def add(store):
    key = Key("Basic", "counter")
    while True:
        current = await store.read(key)
        change = put(key, content=current.version_id + 1, expect=current.version_id)
        [outcome] = await store.transact([Unit((change,))])
        if not isinstance(outcome, Refusal):
            return

async def main():
    store = await open_store(sys.argv[1])
    await asyncio.gather(*(claim(store, number, sys.argv[2]) for number in range(40)))
    for _ in range(40):
        await add(store)
    await store.close()

asyncio.run(main())
"""


def start(script: str, *arguments: str, **options: int) -> subprocess.Popen[str]:
    paths = os.pathsep.join((str(Path(__file__).parent), str(Path(__file__).parents[2])))
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], env=environment, stdout=subprocess.PIPE, text=True, **options
    )


@pytest.mark.usefixtures("durable")
@pytest.mark.parametrize("acknowledged_before_kill", KILLS)
async def test_kill_9_loses_nothing_acknowledged_and_leaves_no_half_unit(url, acknowledged_before_kill):
    with start(_WRITER, url) as process:
        acknowledged = [process.stdout.readline().strip() for _ in range(acknowledged_before_kill)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read().split()
    store = await open_store(url)
    units: dict[str, int] = {}
    async for chunk in store.scan((), await store.position()):
        for version in chunk:
            name = version.key.id.rpartition("-")[0]
            units[name] = units.get(name, 0) + 1
    assert set(acknowledged) <= set(units)
    assert set(units.values()) == {3}
    for name in units:
        assert await store.count(Query(("Patient",), TokenTerm("unit", "", name))) == 3
    [written] = await store.transact([unit(put("Patient/after", token("unit", "z")))])
    assert written[0].version_id == 1
    await store.close()


@pytest.mark.usefixtures("multi_process")
async def test_two_processes_share_one_store(store, url):
    await store.transact([unit(put("Basic/counter", content=1))])
    racers = [start(_RACER, url, name) for name in ("p", "q")]
    for racer in racers:
        assert await asyncio.to_thread(racer.wait) == 0
        racer.stdout.close()
    for number in range(40):
        assert await store.count(Query(("Patient",), TokenTerm("identifier", "s", str(number)))) == 1
    assert (await store.read(Key("Basic", "counter"))).version_id == 81
    page = await store.history((), None, limit=1000)
    stamps = [version.last_updated for version in page.versions]
    assert stamps == sorted(stamps, reverse=True)
