"""How a store bears growing: its load rate and bytes a resource, small and large; the memory of an export of SQLite.

The resources are those of made-up claims, again and again under other ids, with numbers and references of their own,
and each time a year later. Rates are those of the first and of the last time, so of the same resources: some have three
times the entries of others. ``--size 20`` goes to a million. They are by the processor's time, that of mongod included,
from one checkpoint of its to the next.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import mongodb
from benchmarks.engines import made_up, others_of
from benchmarks.processes import Processors, run
from benchmarks.result import Result
from fhir_server.bulk.garbage import seldom_collected
from fhir_server.store import open_store
from fhir_server.store.entries import Entry, Interval, Kind, Token
from fhir_server.store.protocol import Body, Key, Unit, Write

_MEGABYTE = 1024 * 1024
_YEAR = 366 * 24 * 60 * 60 * 1_000_000
_VISITS, _BATCH = 400, 500
#: At most so many times are counted at the end of a load of MongoDB: it writes what is new at its checkpoints.
_LAST = 6


def measure(folder: Path, environment: Mapping[str, str], size: float) -> Iterator[Result]:
    """A store of some 15,000 resources and one of about 50,000 times ``size``."""
    samples = Samples(made_up(folder / "growth-claims", environment, _VISITS))
    times = max(round(50_000 * size / len(samples)), 2)
    large = times * len(samples)
    with seldom_collected():  # as in a load, and in a server
        for name in ("sqlite", "mongodb") if mongodb.server() else ("sqlite",):
            yield from _grown(name, folder, samples, times)
    store = {"FHIR_SERVER_STORE": f"sqlite://{folder}/growth-large/fhir.sqlite"}
    done = run("export", "--out", folder / "growth-export", environment={**environment, **store})
    if done.code:
        raise RuntimeError(done.output)
    yield Result("growth, export, peak memory", done.memory / _MEGABYTE, "MB", f"at {large:,} resources", "< 150")


class Samples:
    """Writes of resources that refer to each other, and copies of them that refer to each other likewise."""

    def __init__(self, writes: Sequence[Write]) -> None:
        self._writes = writes
        self._targets = frozenset(str(write.key) for write in writes)
        counts = Counter(entry for write in writes for entry in write.entries)
        self._unique = frozenset(entry for entry, count in counts.items() if count == 1)

    def __len__(self) -> int:
        """How many there are before they come again."""
        return len(self._writes)

    def __getitem__(self, number: int) -> Write:
        """The write of a number, however great."""
        copy, at = divmod(number, len(self._writes))
        write = self._writes[at]
        if not copy or write.body is None:
            return write
        key = Key(write.key.type, f"{write.key.id}-{copy}")
        head = write.body.head.replace(b'"id":"%b"' % write.key.id.encode(), b'"id":"%b"' % key.id.encode())
        entries = tuple(self._copied(entry, copy) for entry in write.entries)
        return Write(key, Body(head, write.body.tail), entries, b"%b%d" % (write.digest[:8], copy))

    def _copied(self, entry: Entry, copy: int) -> Entry:
        value = entry.value
        match value:
            case Interval(int(low), int(high)):
                value = Interval(low + copy * _YEAR, high + copy * _YEAR)
            case Token(system, code) if entry in self._unique:
                value = Token(system, f"{code}-{copy}")
            case str() if entry.kind is Kind.REFERENCE and value in self._targets:
                value = f"{value}-{copy}"
            case str() if entry.kind is not Kind.REFERENCE and entry in self._unique:
                value = f"{value} {copy}"
            case _:
                return entry
        return entry._replace(value=value)


def _grown(name: str, folder: Path, samples: Samples, times: int) -> Iterator[Result]:
    """The small store is loaded before and after the large one: the machine has quick and slow hours."""
    last = 1 if name == "sqlite" else max(1, min(_LAST, times // 2))
    small, large = len(samples), times * len(samples)
    seconds = []
    for place, count, counted in (("before", 1, 1), ("large", times, last), ("after", 1, 1)):
        at = _place(name, folder, place)
        seconds.append(asyncio.run(_load(at, Processors(*others_of(name)), samples, (count, counted))))
        if place != "after":
            bytes_ = at.whole() / (count * small)
            stored = f"{name}, growth, stored at {count * small:,}"
            yield Result(stored, bytes_, "bytes/resource", "bodies and all indexes")
    rates = {small: 2 * small / (seconds[0] + seconds[2]), large: last * small / seconds[1]}
    for count, rate in rates.items():
        yield Result(f"{name}, growth, load at {count:,}", rate, "resources/s", "whole years of the same visits")
    yield Result(f"{name}, growth, rate kept", rates[large] / rates[small], "of its rate", f"at {large:,}", ">= 0.7")


class _Place(NamedTuple):
    """Where a store lies."""

    url: str
    whole: Callable[[], int]
    """Makes its files whole, and gives their bytes."""


def _place(name: str, folder: Path, place: str) -> _Place:
    if name == "mongodb" and (server := mongodb.server()):
        return _Place(server.url(f"growth-{place}"), lambda: mongodb.checkpoint(f"growth-{place}"))
    path = folder / f"growth-{place}" / "fhir.sqlite"
    path.parent.mkdir()
    return _Place(f"sqlite://{path}", lambda: path.stat().st_size)


async def _load(at: _Place, used: Processors, samples: Samples, times: tuple[int, int]) -> float:
    """Seconds of processor's time for the last of so many times, without what making the resources takes."""
    store = await open_store(at.url)
    whole, counted = (count * len(samples) for count in times)
    begun = making = 0.0
    for start in range(0, whole, _BATCH):
        if start <= whole - counted < start + _BATCH:
            at.whole()
            begun, making = used.seconds, 0.0
        before = time.process_time()
        units = [Unit((samples[number],)) for number in range(start, min(start + _BATCH, whole))]
        making += time.process_time() - before
        await store.transact(units)
    at.whole()
    seconds = used.seconds - begun - making
    await store.close()
    return seconds
