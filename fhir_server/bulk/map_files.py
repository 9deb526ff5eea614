"""Source files to one NDJSON file of resources, without a store: the same input gives the same bytes.

Over a folder each type and id comes once, by type and id: shared resources are merged, and of a visit that was sent
several times the newest submission counts; of one day's, as in a load of the folder, the last by name and place.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from fhir_server.bulk import messages
from fhir_server.bulk.garbage import seldom_collected
from fhir_server.bulk.paths import sources
from fhir_server.bulk.pool import Pool, processors
from fhir_server.bulk.sources import Reader, named_mapper
from fhir_server.bulk.spool import Spool
from fhir_server.bulk.tally import Tally
from fhir_server.bulk.translate import Job, Plan, Translated, failed, for_file
from mappers.merge import merge
from mappers.units import MapIssue

Report: TypeAlias = Callable[[int, int | None], None]
Outcome: TypeAlias = Translated | MapIssue


@dataclass(frozen=True, slots=True)
class MapPlan:
    """How to map. ``folder`` holds the spool while it runs; ``workers`` 0 means one process for each processor."""

    work: Plan
    source: str = "auto"
    workers: int = 0
    folder: Path = Path(tempfile.gettempdir())


async def map_files(
    paths: Iterable[Path],
    out: Path,
    plan: MapPlan,
    issue_lines: BinaryIO | None = None,
    report: Report = lambda *_: None,
) -> Tally:
    """Map every file under ``paths`` into ``out``, which appears only when it is whole; the counts of what happened."""
    reader = Reader(sources(paths), named_mapper(plan.source))
    tally = Tally(issue_lines)
    with closing(Spool(plan.folder, merge)) as spool:
        with seldom_collected(), _pool(plan) as pool:
            async for outcome in pool.in_order(_begun(reader, pool)):
                _take(outcome, spool, tally)
                report(tally.visits, reader.expected())
        _publish(spool, out, tally)
    return tally.finish(reader.envelopes)


def _pool(plan: MapPlan) -> Pool[Job, Outcome]:
    return Pool(processors(plan.workers), failed, for_file, plan.work)


async def _begun(reader: Reader, pool: Pool[Job, Outcome]) -> AsyncIterator[Future[Outcome]]:
    for piece in reader:
        if isinstance(piece, MapIssue):
            ready: Future[Outcome] = Future()
            ready.set_result(piece)
            yield ready
        else:
            mapper, raw = piece
            yield pool.submit(Job(mapper.name, raw))


def _take(outcome: Outcome, spool: Spool, tally: Tally) -> None:
    if isinstance(outcome, MapIssue):
        tally.note([outcome])
        return
    tally.visits += 1
    tally.rows.update(outcome.rows)
    tally.note(outcome.issues)
    spool.merge(outcome.shared)
    known = spool.submitted(outcome.key)
    rank = (outcome.submitted, f"{outcome.raw.file}#{outcome.raw.hoso:09}")
    if known is None or known <= rank:
        spool.put(outcome.key, *rank, outcome.bodies)
        tally.applied += 1
    else:
        tally.note([_older(outcome, known[0])])


def _older(unit: Translated, current: str) -> MapIssue:
    place, value = unit.raw, unit.submitted
    return MapIssue.of(messages.OLDER, file=place.file, hoso=place.hoso, ma_lk=unit.ma_lk, value=value, current=current)


def _publish(spool: Spool, out: Path, tally: Tally) -> None:
    """Write the lines under a temporary name, then give the file its own; a device or a pipe is written to as it is."""
    if out.exists() and not out.is_file():
        with out.open("wb") as file:
            _write(spool, file, tally)
        return
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with draft.open("wb", buffering=1 << 20) as file:
            _write(spool, file, tally)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def _write(spool: Spool, file: BinaryIO, tally: Tally) -> None:
    for type_, body in spool.lines():
        file.write(body + b"\n")
        tally.resources[type_] += 1
