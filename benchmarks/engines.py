"""The store engines side by side, through the store API alone: the resources of made-up claims, ready for writing.

MongoDB is measured on a server of its own, one node on this machine, when there is one (see ``tests/mongo_server.py``).
Scans count the processor's time, that of mongod included: what matters is how many one core can do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta, timezone
from pathlib import Path

from benchmarks import mongodb
from benchmarks.processes import Processors, run
from benchmarks.result import Result
from conformance.definitions import load
from conformance.json_codec import decode
from fhir_server.bulk.garbage import seldom_collected
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
from fhir_server.store import open_store
from fhir_server.store.protocol import Key, Store, Unit, Write
from fhir_server.store.query import Ids, Query, ReferenceTerm

_BATCH, _CLIENTS = 500, 64
#: Resources that a scan is measured by, at least.
_SCANNED = 100_000


def measure(folder: Path, environment: Mapping[str, str], size: float) -> Iterator[Result]:
    """Rates of loading, of single durable creates, of a scan and of small searches."""
    writes = made_up(folder / "engine-claims", environment, int(400 * size))
    urls = {"sqlite": f"sqlite://{folder}/engine.sqlite"}
    if server := mongodb.server():
        urls["mongodb"] = server.url("bench")
    with seldom_collected():  # as in a load, and in a server
        for name, url in urls.items():
            yield from asyncio.run(_measured(name, url, writes))


def made_up(claims: Path, environment: Mapping[str, str], visits: int) -> list[Write]:
    """The writes of the resources of so many visits, made up in a folder."""
    out = claims.with_suffix(".ndjson")
    run("generate", "--visits", visits, "--seed", 11, "--out", claims, environment=environment)
    run("map", claims, "-o", out, "--issues", claims.with_suffix(".issues"), environment=environment)
    indexer = Indexer(load(), timezone(timedelta(hours=7)))
    found = (prepare(decode(line), indexer) for line in out.read_bytes().splitlines())
    return list({write.key: write for write in found}.values())


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Store]:
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()


async def _measured(name: str, url: str, writes: Sequence[Write]) -> list[Result]:
    async with _opened(url) as store:
        results = [await _load(name, store, writes), await _creates(name, store, writes)]
        results += [await _scan(name, store), *[await _searches(name, store, writes, clients) for clients in (1, 16)]]
        return results


async def _load(name: str, store: Store, writes: Sequence[Write]) -> Result:
    """One caller, batches of units of one resource each, all indexes, no validation."""
    entries = sum(len(write.entries) for write in writes) / len(writes)
    started = time.perf_counter()
    for start in range(0, len(writes), _BATCH):
        await store.transact([Unit((write,)) for write in writes[start : start + _BATCH]])
    rate = len(writes) / (time.perf_counter() - started)
    what = f"{len(writes):,} resources, {entries:.0f} entries each, batches of {_BATCH}"
    return Result(f"{name}, load", rate, "resources/s", what, ">= 5,000" if name == "sqlite" else ">= 2,500")


async def _creates(name: str, store: Store, writes: Sequence[Write]) -> Result:
    count = 3_000
    samples = [writes[at % len(writes)] for at in range(count)]
    new = [
        Write(Key(sample.key.type, f"new-{at}"), sample.body, sample.entries, sample.digest)
        for at, sample in enumerate(samples)
    ]

    async def client(lane: int) -> None:
        for write in new[lane::_CLIENTS]:
            await store.transact([Unit((write,))])

    started = time.perf_counter()
    await asyncio.gather(*(client(lane) for lane in range(_CLIENTS)))
    rate = count / (time.perf_counter() - started)
    return Result(f"{name}, creates", rate, "1/s", f"{_CLIENTS} clients, each durable", _half(name, 3_000))


async def _scan(name: str, store: Store) -> Result:
    """All resources again and again, up to so many: what a session learns at first is not a large scan's rate."""
    await store.tidy()  # What is due after so many writes is not the scan's work.
    position, count, first = await store.position(), 0, 0.0
    used, started = Processors(*others_of(name)), time.perf_counter()
    while count < _SCANNED:
        async for chunk in store.scan((), position):
            count += len(chunk)
        first = first or count / used.seconds
    rate = count / (time.perf_counter() - started)
    what = (
        f"{count:,} resources, by the processor's time; {rate:,.0f} by the clock, {first:,.0f} the first time through"
    )
    return Result(f"{name}, scan", count / used.seconds, "resources/s", what, _half(name, 150_000))


async def _searches(name: str, store: Store, writes: Sequence[Write], clients: int) -> Result:
    """Two small searches in turn, each client one after the other."""
    patients = [write.key for write in writes if write.key.type == "Patient"][:200]

    async def client(lane: int) -> None:
        for key in patients[lane::clients]:
            await store.search(Query(("Encounter",), ReferenceTerm("subject", str(key))), limit=20)
            await store.search(Query(("Patient",), Ids(frozenset({key.id}))), limit=2)

    started = time.perf_counter()
    await asyncio.gather(*(client(lane) for lane in range(clients)))
    rate = 2 * len(patients) / (time.perf_counter() - started)
    return Result(f"{name}, search, {clients} clients", rate, "1/s", "20 a page")


def others_of(name: str) -> tuple[int, ...]:
    """The processes that work for an engine besides this one."""
    return (mongodb.process(),) if name == "mongodb" else ()


def _half(name: str, goal: int) -> str:
    return f">= {goal if name == 'sqlite' else goal // 2:,}"
