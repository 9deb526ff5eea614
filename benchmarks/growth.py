"""How a store bears growing: its load rate and bytes a resource, small and large; the memory of an export of SQLite.

The resources are those of made-up claims, again and again under other ids, with numbers, days and references of their
own. ``--size 20`` goes to a million. Rates are by the processor's time, that of mongod included, from one checkpoint of
its to the next.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import mongodb
from benchmarks.engines import made_up, others_of
from benchmarks.processes import Processors, run
from benchmarks.result import Result
from fhir_server.store import open_store
from fhir_server.store.entries import Entry, Interval, Kind, Token
from fhir_server.store.protocol import Body, Key, Unit, Write

_MEGABYTE = 1024 * 1024
_DAY = 24 * 60 * 60 * 1_000_000
_SMALL, _BATCH = 10_000, 500
#: At most so many are counted at the end of a load of MongoDB.
_LONG = 100_000


def measure(folder: Path, environment: Mapping[str, str], size: float) -> Iterator[Result]:
    """A store of 10,000 resources and one of 50,000 times ``size``; the rate of the latter is that of its end."""
    samples = Samples(made_up(folder / "growth-claims", environment, 400))
    gc.collect()
    gc.freeze()
    large = max(int(50_000 * size), 2 * _SMALL)
    for name in ("sqlite", "mongodb") if mongodb.server() else ("sqlite",):
        yield from _grown(name, folder, samples, large)
    store = {"FHIR_SERVER_STORE": f"sqlite://{folder}/growth-{large}/fhir.sqlite"}
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
                value = Interval(low + copy * _DAY, high + copy * _DAY)
            case Token(system, code) if entry in self._unique:
                value = Token(system, f"{code}-{copy}")
            case str() if entry.kind is Kind.REFERENCE and value in self._targets:
                value = f"{value}-{copy}"
            case str() if entry.kind is not Kind.REFERENCE and entry in self._unique:
                value = f"{value} {copy}"
            case _:
                return entry
        return entry._replace(value=value)


def _grown(name: str, folder: Path, samples: Samples, large: int) -> Iterator[Result]:
    rates = {}
    for count in (_SMALL, large):
        last = _SMALL if name == "sqlite" else min(_LONG, max(count // 2, _SMALL))
        at = _place(name, folder, count)
        rates[count] = asyncio.run(_load(name, at, samples, count, last))
        yield Result(f"{name}, growth, load at {count:,}", rates[count], "resources/s", f"the last {last:,}")
        bytes_ = at.whole() / count
        yield Result(f"{name}, growth, stored at {count:,}", bytes_, "bytes/resource", "bodies and all indexes")
    kept = rates[large] / rates[_SMALL]
    yield Result(f"{name}, growth, rate kept", kept, "of its rate", f"at {large:,}", ">= 0.7")


class _Place(NamedTuple):
    """Where a store lies."""

    url: str
    whole: Callable[[], int]
    """Makes its files whole, and gives their bytes."""


def _place(name: str, folder: Path, count: int) -> _Place:
    if name == "mongodb" and (server := mongodb.server()):
        return _Place(server.url(f"growth{count}"), lambda: mongodb.checkpoint(f"growth{count}"))
    path = folder / f"growth-{count}" / "fhir.sqlite"
    path.parent.mkdir()
    return _Place(f"sqlite://{path}", lambda: path.stat().st_size)


async def _load(name: str, at: _Place, samples: Samples, count: int, last: int) -> float:
    """Resources a second of processor's time at the end of a load, without the time that making them takes."""
    store = await open_store(at.url)
    used, making = Processors(*others_of(name)), 0.0
    for start in range(0, count, _BATCH):
        if start == count - last:
            at.whole()
            used, making = Processors(*others_of(name)), 0.0
        before = time.process_time()
        units = [Unit((samples[number],)) for number in range(start, min(start + _BATCH, count))]
        making += time.process_time() - before
        await store.transact(units)
    at.whole()
    seconds = used.seconds - making
    await store.close()
    return last / seconds
