"""Loading source files into a store: files -> pieces -> mapping processes -> one writer.

One unit per visit is applied whole or not at all, and it is durable before it is counted. A visit is known by its
facility and number: the same submission is skipped, a newer one updates (what it no longer holds is deleted), an older
one is kept raw and reported. Bad data becomes issues; it never ends the run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from fhir_server.bulk.apart import applied_to
from fhir_server.bulk.applying import Applier
from fhir_server.bulk.batches import Batches
from fhir_server.bulk.garbage import seldom_collected
from fhir_server.bulk.ledger import was_applied
from fhir_server.bulk.paths import sources
from fhir_server.bulk.pool import Pool, processors
from fhir_server.bulk.sources import Reader, named_mapper
from fhir_server.bulk.tally import Tally
from fhir_server.bulk.translate import Job, Plan, Translated, failed, for_store
from fhir_server.bulk.writer import Writer
from fhir_server.indexing import Indexing
from fhir_server.installation import Installation
from fhir_server.store.protocol import Store
from mappers.units import MapContext, MapIssue, Mapper, Raw
from terminology.names import Names

Report: TypeAlias = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """How to load. ``validation`` is off, warn or enforce; ``workers`` 0 means one process for each processor."""

    installation: Installation
    indexing: Indexing
    url: str
    """Of the store."""
    source: str = "auto"
    workers: int = 0
    validation: str = "warn"
    again: bool = False
    """Map also what the ledger knows; what did not change still makes no version."""

    @property
    def work(self) -> Plan:
        """The plan of the mapping processes."""
        names = Names(self.installation.base)
        return Plan(MapContext(self.installation.key, names, self.indexing.zone), self.validation != "off")


class Repeated:
    """Stands for a piece that was applied before."""


#: What comes out of the line for each piece, or for a file as a whole.
Outcome: TypeAlias = Translated | MapIssue | Repeated


async def load(
    store: Store,
    paths: Iterable[Path],
    plan: LoadPlan,
    issue_lines: BinaryIO | None = None,
    report: Report = lambda *_: None,
) -> Tally:
    """Load every file under ``paths``; the counts of what happened.

    Raises NotFound for a path to nothing and Unavailable when a process or the store failed; what was counted by then
    is kept, and the same call completes the rest.
    """
    reader = Reader(sources(paths), named_mapper(plan.source))
    tally = Tally(issue_lines)
    with seldom_collected(), _pool(plan) as pool, applied_to(store, plan.url, Applier) as apply:
        line = _Line(store, pool, again=plan.again)
        writer = Writer(store, plan.indexing.indexer(), tally, apply, enforce=plan.validation == "enforce")
        async with writer, Batches(writer.write) as batches:
            async for outcome in pool.in_order(line.begun(reader)):
                for unit in _sorted_out(outcome, tally):
                    await batches.add(unit)
                report(tally.visits, reader.expected())
    return tally.finish(reader.envelopes)


def _sorted_out(outcome: Outcome, tally: Tally) -> list[Translated]:
    match outcome:
        case MapIssue():
            tally.note([outcome])
        case Repeated():
            tally.visits += 1
            tally.repeated += 1
        case Translated():
            tally.visits += 1
            tally.rows.update(outcome.rows)
            tally.note(outcome.issues)
            return [outcome]
    return []


class _Line:
    """Feeds the pool piece by piece; what is known already is not mapped."""

    def __init__(self, store: Store, pool: Pool[Job, Translated | MapIssue], *, again: bool) -> None:
        self._store, self._pool, self._again = store, pool, again

    async def begun(self, reader: Reader) -> AsyncIterator[Future[Outcome]]:
        """The outcome to come of each piece."""
        for piece in reader:
            if isinstance(piece, MapIssue):
                yield _ready(piece)
            else:
                yield await self._begun(*piece)

    async def _begun(self, mapper: Mapper, raw: Raw) -> Future[Outcome]:
        if not self._again and await was_applied(self._store, sha256(raw.content).hexdigest()):
            return _ready(Repeated())
        return cast("Future[Outcome]", self._pool.submit(Job(mapper.name, raw)))


def _pool(plan: LoadPlan) -> Pool[Job, Translated | MapIssue]:
    return Pool(processors(plan.workers), failed, for_store, plan.work, plan.indexing)


def _ready(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future
