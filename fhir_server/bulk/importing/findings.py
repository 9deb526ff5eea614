"""Findings of an import: kept in the store with the resources they came with, at the end written as error files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import count

import msgspec

from fhir_server.bulk.exporting.drafts import Drafts
from fhir_server.bulk.exporting.encoders import lines as encode
from fhir_server.bulk.exporting.places import Place
from fhir_server.bulk.exporting.state import File, Part
from fhir_server.bulk.importing.state import ErrorFile
from fhir_server.jobs import Job
from fhir_server.store.protocol import Record, Store, Unit

_BATCH = 200
#: Bytes from which a record takes no further line.
_PART = 256 * 1024


def kept(job: str, input: int, line: int, outcomes: bytes) -> tuple[Record, ...]:
    """The records of the findings up to a line, in their order; none when there are none."""
    place = f"{input:06}-{line:012}"
    return tuple(Record(space_of(job), f"{place}-{part:06}", one) for part, one in enumerate(_parts(outcomes)))


def _parts(outcomes: bytes) -> Iterator[bytes]:
    """Whole lines of some length together: a record should be neither long nor one of very many."""
    start = 0
    while start < len(outcomes):
        end = outcomes.find(b"\n", start + _PART) + 1 or len(outcomes)
        yield outcomes[start:end]
        start = end


def space_of(job: str) -> str:
    """Where the findings of a job are."""
    return f"import-errors/{job}"


async def forget(store: Store, space: str, prefix: str = "") -> None:
    """Remove the records of a space whose names begin so."""
    names = [name async for name, _ in store.records(space) if name.startswith(prefix)]
    for start in range(0, len(names), _BATCH):
        gone = tuple(Record(space, name, None) for name in names[start : start + _BATCH])
        await store.transact([Unit(records=gone)])


@dataclass(frozen=True, slots=True)
class ErrorFiles:
    """Writes the error files of a job."""

    store: Store
    place: Place
    clock: Callable[[], int]

    async def write(self, job: Job) -> list[ErrorFile]:
        """A file for each input with findings, whole and lasting; other files of the job are removed."""
        numbers = count(1)
        drafts = Drafts(self.place, encode, lambda *_: f"{job.id}/{job.token}-{next(numbers)}.ndjson", self.clock)
        found: list[ErrorFile] = []
        try:
            async for number, lines in self._findings(job.id):
                if drafts.types and drafts.types != [number]:
                    found += await asyncio.to_thread(_finished, drafts)
                await asyncio.to_thread(drafts.write, Part.ERROR, number, lines, start=0, last=0)
            found += await asyncio.to_thread(_finished, drafts)
        finally:
            await asyncio.to_thread(drafts.drop)
        await asyncio.to_thread(self.place.retain, job.id, [one.file.name for one in found])
        return found

    async def _findings(self, job: str) -> AsyncIterator[tuple[str, list[bytes]]]:
        async for name, value in self.store.records(space_of(job)):
            yield name.partition("-")[0], value.splitlines()


def _finished(drafts: Drafts) -> list[ErrorFile]:
    """The files that are open, finished: one at most."""
    made: list[ErrorFile] = []
    for number in drafts.types:
        [(_, file)] = drafts.finish([number], 1)
        made.append(ErrorFile(int(number), _named(file)))
    return made


def _named(file: File) -> File:
    return msgspec.structs.replace(file, type="OperationOutcome")
