"""Commit times of the SQLite store while posting lists merge: single durable creates, one after the other, by a client
that never lets the store rest, after a load."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result
from fhir_server.store import open_store
from fhir_server.store.entries import NO_KEY, Entry, Interval, Kind, Token
from fhir_server.store.protocol import Body, Key, Unit, Write


def measure(folder: Path, size: float) -> Iterator[Result]:
    """The 99th percentile and the greatest of all commit times."""
    seconds = sorted(asyncio.run(_commits(f"sqlite://{folder}/commits.sqlite", int(40_000 * size), int(5_000 * size))))
    what = f"{len(seconds):,} creates of 20 entries, one at a time, after {int(40_000 * size):,} in a load"
    yield Result("sqlite, commit p99", 1000 * seconds[len(seconds) * 99 // 100], "ms", what)
    yield Result("sqlite, commit greatest", 1000 * seconds[-1], "ms", "while posting lists merge")


async def _commits(url: str, loaded: int, count: int) -> list[float]:
    store = await open_store(url)
    for start in range(0, loaded, 500):
        await store.transact([Unit((_write(number),)) for number in range(start, min(start + 500, loaded))])
    found = []
    for number in range(loaded, loaded + count):
        unit = Unit((_write(number),))
        started = time.perf_counter()
        await store.transact([unit])
        found.append(time.perf_counter() - started)
    await store.close()
    return found


def _write(number: int) -> Write:
    """An observation with words of its own and words that many share."""
    codes = (hashlib.sha256(b"%d" % (number % (7**place))).hexdigest() for place in range(1, 15))
    tokens = tuple(Entry("code", Kind.TOKEN, NO_KEY, Token("s", code)) for code in codes)
    spans = tuple(Entry(f"date{place}", Kind.RANGE, NO_KEY, Interval(number, number + place + 1)) for place in range(6))
    body = Body(b'{"resourceType":"Observation","meta":{', b'},"n":%d}' % number)
    return Write(Key("Observation", str(number)), body, tokens + spans, hashlib.sha256(b"n%d" % number).digest())
