"""Exports while others write without a pause: each is the store at its transactionTime, line for line.

At every level with each parameter. All are asked for at once and done one after the other beside one writer.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from export_asking import Exported, Exports, Ticks
from export_oracle import Asked, Hospital, Oracle, Past, Row
from fhir_asking import NOW, SECOND, Asking

from fhir_server.exchange.registry import Router
from fhir_server.exchange.service import Service
from fhir_server.exchange.validation import Checks
from fhir_server.interactions import INTERACTIONS
from fhir_server.operations import OPERATIONS
from fhir_server.repository import Repository
from fhir_server.store import open_store
from fhir_server.store.protocol import Expect, Store, Unit, Version, instant
from fhir_server.store.sqlite import reading, scanning
from terminology.names import Names

IS_SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SIZE = 100_000 if IS_SOAK else 2_000
#: Seconds between two writes: so few that much stays as it was.
PAUSE = 0.002 if IS_SOAK else 0.005
PATIENTS = ("r0", "r30", "r60", "r90", "r120", "r150", "r180")
#: Names of two moments: when half of the hospital was there, and a minute after the whole was.
SINCE, UNTIL = "since", "until"

LEVELS = {"system": "/$export", "patient": "/Patient/$export", "group": "/Group/g/$export"}
OBSERVATIONS = "_typeFilter=Observation%3Fstatus%3Dfinal,Observation%3Fcode%3D1"
TWO_FILTERS = f"{OBSERVATIONS}&_typeFilter=Encounter%3Fstatus%3Dfinished"


def is_chosen(row: Row) -> bool:
    if row["resourceType"] == "Observation":
        return row["status"] == "final" or row["code"]["coding"][0]["code"] == "1"
    return row["resourceType"] != "Encounter" or row["status"] == "finished"


@dataclass(frozen=True)
class Ask:
    """A query, where {since} and {until} stand for moments, and how the oracle reads it."""

    query: str
    how: dict[str, Any]
    for_patients: bool = False
    """True when it names ``PATIENTS`` too."""


def _ask(query: str, *, for_patients: bool = False, **how: Any) -> Ask:
    return Ask(query, how, for_patients)


TYPED = ("Observation", "Practitioner")
ASKS: dict[str, Ask] = {
    "whole": _ask(""),
    "type": _ask("_type=Patient,Observation", types=("Patient", "Observation")),
    "type outside": _ask("_type=Observation,Practitioner", types=TYPED),
    "type since": _ask("_type=Encounter,Provenance&_since={since}", types=("Encounter", "Provenance"), since=SINCE),
    "since": _ask("_since={since}", since=SINCE),
    "until": _ask("_until={until}", until=UNTIL),
    "since until": _ask("_since={since}&_until={until}", since=SINCE, until=UNTIL),
    "filter": _ask(TWO_FILTERS, filters=(is_chosen,)),
    "filter type since": _ask(
        f"{OBSERVATIONS}&_type=Observation,Practitioner&_since={{since}}",
        filters=(is_chosen,),
        types=TYPED,
        since=SINCE,
    ),
    "elements": _ask("_elements=id,subject,Patient.multipleBirth", elements=("subject", "multipleBirthInteger")),
    "relevant": _ask("includeAssociatedData=RelevantProvenanceResources", associated="Relevant"),
    "latest": _ask("includeAssociatedData=LatestProvenanceResources", associated="Latest"),
    "latest type since": _ask(
        "includeAssociatedData=LatestProvenanceResources&_since={since}&_type=Observation",
        associated="Latest",
        since=SINCE,
        types=("Observation",),
    ),
    "organized": _ask("organizeOutputBy=Patient"),
    "organized type since until": _ask(
        "organizeOutputBy=Patient&_type=Encounter,Patient&_since={since}&_until={until}",
        types=("Encounter", "Patient"),
        since=SINCE,
        until=UNTIL,
    ),
    "patients": _ask("", for_patients=True),
    "patients since": _ask("_since={since}", for_patients=True, since=SINCE),
    "patients organized": _ask("organizeOutputBy=Patient", for_patients=True),
}

Case = tuple[str, str]
CASES: list[Case] = [
    (level, name) for level in LEVELS for name, ask in ASKS.items() if level != "system" or not ask.for_patients
]


@dataclass
class Done:
    """Every export, and all versions of the store."""

    exports: dict[Case, Exported]
    past: Past
    moments: dict[str, int]
    writes: int


@pytest.fixture(scope="module")
def done(knowledge: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("under_writes")
    definitions, indexer, registry, validator = knowledge
    ticks = itertools.count(NOW, SECOND)
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        if not IS_SOAK:
            for module in (scanning, reading):
                patch.setattr(module, "CHUNK", 150)
            patch.setattr(scanning, "MATCHES", 400)
        store = runner.run(open_store(f"sqlite://{folder}/store.sqlite", clock=lambda: next(ticks)))
        repository = Repository(store, indexer, definitions, cursor_key=b"test")
        router = Router(INTERACTIONS, OPERATIONS)
        service = Service(repository, definitions, registry, Checks(validator), Names(), router, NOW, indexer.zone)
        exports = Exports(Asking(service, runner), folder / "out", Ticks(NOW), size=2_000_000 if IS_SOAK else 40_000)
        yield everything(exports)
        runner.run(store.close())


def everything(exports: Exports) -> Done:
    run = exports.fhir.runner.run
    hospital = Hospital(SIZE)
    moments = run(filled(exports, hospital))
    jobs = {case: asked(exports, case, moments) for case in CASES}
    writes = run(both(exports, hospital, len(jobs)))
    past = Past(run(versions_of(exports.store)))
    return Done({case: exports.exported(job) for case, job in jobs.items()}, past, moments, writes)


def asked(exports: Exports, case: Case, moments: dict[str, int]) -> str:
    level, ask = case[0], ASKS[case[1]]
    texts = {name: instant(moment).decode() for name, moment in moments.items()}
    url = f"{LEVELS[level]}?{ask.query.format(**texts)}".removesuffix("?")
    rows = [{"name": "patient", "valueReference": {"reference": f"Patient/{one}"}} for one in patients_of(case)]
    return exports.asked(url, rows or None)


def patients_of(case: Case) -> tuple[str, ...]:
    """The first of them is no active member of the Group."""
    level, name = case
    return () if not ASKS[name].for_patients else PATIENTS[1:] if level == "group" else PATIENTS


async def filled(exports: Exports, hospital: Hospital) -> dict[str, int]:
    """The moments: when half of the hospital was there, and somewhat after the whole was."""
    repository, moment = exports.fhir.service.repository, {}
    for start in range(0, SIZE, 500):
        rows = [hospital.row(number, 0) for number in range(start, min(SIZE, start + 500))]
        outcomes = await repository.transact([Unit((repository.write(row),)) for row in rows])
        if start <= SIZE // 2:
            moment[SINCE] = outcomes[-1][0].last_updated  # type: ignore[union-attr, index]
    [[written]] = await repository.transact([Unit((repository.write(hospital.group(0)),))])  # type: ignore[misc]
    return {**moment, UNTIL: written.last_updated + 60 * SECOND}


async def both(exports: Exports, hospital: Hospital, jobs: int) -> int:
    """Do the jobs that wait, and write until they are done; how many writes that were."""
    repository, seeded, mark = exports.fhir.service.repository, random.Random(7), 0
    working = asyncio.create_task(exports.worker().drain())
    while not working.done():
        mark += 1
        number = seeded.randrange(SIZE + 50)
        row = hospital.group(mark) if mark % 40 == 0 else hospital.row(number, mark)
        write = repository.write(row)
        if mark % 5 == 0 and row["resourceType"] != "Group" and row["id"] not in PATIENTS:
            write = repository.deletion(row["resourceType"], row["id"], Expect.ANY)
        await repository.transact([Unit((write,))])
        await asyncio.sleep(PAUSE)
    assert working.result() == jobs
    return mark


async def versions_of(store: Store) -> list[Version]:
    found: list[Version] = []
    page = await store.history((), None, limit=5000)
    found += page.versions
    while page.next is not None:
        page = await store.history((), None, limit=5000, cursor=page.next)
        found += page.versions
    return found


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_law_an_export_is_the_store_at_its_time(done: Done, case: Case) -> None:
    level, name = case
    exported, how = done.exports[case], ASKS[name].how
    times = {name: done.moments[how[name]] for name in (SINCE, UNTIL) if name in how}
    asked = replace(Asked(level, **(how | times)), patients=patients_of(case))
    oracle = Oracle(done.past, asked, exported.at)
    if "organized" in name:
        assert blocks(exported.lines()) == oracle.blocks()
    else:
        assert sorted(exported.lines()) == oracle.lines()
    assert exported.deleted == oracle.deleted()


def blocks(lines: list[bytes]) -> dict[str, list[bytes]]:
    """Patient -> the sorted lines behind its header."""
    found: dict[str, list[bytes]] = defaultdict(list)
    owner = ""
    for line in lines:
        if line.startswith(b'{"resourceType":"Parameters"'):
            owner = json.loads(line)["parameter"][0]["valueReference"]["reference"]
            assert owner not in found
            found[owner] = []
        else:
            found[owner].append(line)
    return {owner: sorted(rows) for owner, rows in found.items()}


def test_there_was_much_to_tell(done: Done) -> None:
    """Writes went on all the time, files were many, and no export is empty."""
    assert done.writes > 100
    whole = done.exports["system", "whole"]
    assert len(whole.manifest["output"]) > 5
    assert whole.job.done > SIZE * 0.9
    assert [case for case in CASES if not done.exports[case].lines() and case[1][:8] != "patients"] == []
    assert done.exports["system", "since"].deleted
    assert done.exports["patient", "since"].deleted
