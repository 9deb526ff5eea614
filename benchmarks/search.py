"""Searches over HTTP in stores of growing size: what has a match set of one size must not slow down as the store grows.

Each store holds patients, each with one Encounter and two Observations. Twenty patients share a family name and a day
of birth; one patient in eight is a Nguyễn. The store is at rest: what it does while idle is done. The rate and the
latencies are those of the first page, once warm, over connections that stand: each has had an answer before. Goals are
of a server with a worker for each processor; what one worker does is told beside them for the greatest store.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.http_client import Load, request, run
from benchmarks.processes import serving
from benchmarks.result import Result
from conformance.packages import load
from fhir_server.repository import prepare
from fhir_server.search import Indexer
from fhir_server.store import open_store
from fhir_server.store.protocol import Unit

#: Patients in each store, at size 1.
SIZES = (1_000, 10_000, 100_000)
CLIENTS = 16
#: A tenth as many requests go before those that are measured: a server that has just begun compiles what it needs.
WARM_UP = 10
#: Each with connections of its own: which worker a connection falls to is chance, and one may get most of them.
ROUNDS = 8
_SYSTEM, _CODES = "https://example.vn/benchmark", "https://example.vn/codes"
_TOGETHER = 20
_BATCH = 200

#: Name -> path; ``n`` is a patient's number. Match sets of a size that does not depend on the store.
_FIXED = {
    "by identifier": "Patient?identifier={system}|{n}",
    "by name prefix": "Patient?family=Ho{group:06d}",
    "by date range": "Patient?birthdate=ge{day}&birthdate=lt{next}",
    "chained": "Observation?subject:Patient.identifier={system}|{n}",
    "_has": "Patient?birthdate={day}&_has:Observation:patient:code={codes}|c{last}",
    "_include": "Observation?identifier={system}|{n}-0&_include=Observation:subject&_include=Observation:encounter",
    "$everything": "Patient/p{n}/$everything",
}
#: Match sets that grow with the store.
_GROWING = {
    "common family, first page": "Patient?family=Nguyen&_count=20",
    "chain over it, first page": "Observation?subject:Patient.family=Nguyen&_count=20",
    "count of it": "Patient?family=Nguyen&_summary=count",
    "common family by birth date": "Patient?family=Nguyen&_sort=birthdate&_count=20",
}


def measure(folder: Path, size: float) -> Iterator[Result]:
    """p50 and p99 of each search in each store, and how p50 at the greatest store compares with the least."""
    sizes = [max(100, int(size * whole)) for whole in SIZES]
    p50: defaultdict[str, list[float]] = defaultdict(list)
    for patients in sizes:
        (folder / f"search-{patients}").mkdir()
        count = asyncio.run(_filled(_store(folder, patients), patients))
        for name, results in _served(folder, patients, size, _FIXED | _GROWING, workers=os.cpu_count() or 1):
            p50[name].append(results[0].value)
            yield from (replace(result, what=f"{count:,} resources; {result.what}") for result in results)
    for _, results in _served(folder, sizes[-1], size, _FIXED, workers=1):
        yield from (replace(result, name=f"{result.name}, one worker", goal="") for result in results)
    for name in _FIXED:
        growth = p50[name][-1] / p50[name][0]
        yield Result(f"search {name}, growth", growth, "x", "p50, greatest store / least", "<= 1.5")


def _store(folder: Path, patients: int) -> str:
    return f"sqlite://{folder}/search-{patients}/fhir.sqlite"


def _served(
    folder: Path, patients: int, size: float, searches: Mapping[str, str], *, workers: int
) -> Iterator[tuple[str, list[Result]]]:
    """By the name of each search, what a server of so many workers makes of it: p50 and p99."""
    environment = {
        "FHIR_SERVER_STORE": _store(folder, patients),
        "FHIR_SERVER_WORKERS": str(workers),
        "XDG_DATA_HOME": str(folder / "share"),
    }
    with serving(environment) as (base, _):
        for name, path in searches.items():
            yield name, list(_searched(base, name, path, patients, size))


def _searched(base: str, name: str, path: str, patients: int, size: float) -> Iterator[Result]:
    count = max(64, int((4_000 if name in _FIXED else 200) * size))
    seeded = random.Random(1)
    requests = (request(base, "GET", _path(path, seeded.randrange(patients))) for _ in itertools.count())
    uvloop.run(run(base, itertools.islice(requests, count // WARM_UP), CLIENTS))
    load = sum((_round(base, itertools.islice(requests, count // ROUNDS + 1)) for _ in range(ROUNDS)), Load())
    told = f"{count:,} requests of {CLIENTS} clients, {load.rate:,.0f}/s" + (
        f", {load.failed} NOT 2xx" * bool(load.failed)
    )
    title = f"search {name}, {patients:,} patients"
    yield Result(f"{title}, p50", load.percentile(0.5), "ms", told)
    yield Result(f"{title}, p99", load.percentile(0.99), "ms", told, "< 15" if name in _FIXED else "")


def _round(base: str, requests: Iterator[bytes]) -> Load:
    return uvloop.run(run(base, requests, CLIENTS, first=next(requests)))


def _path(template: str, n: int) -> str:
    day = _day(n)
    return template.format(
        system=_SYSTEM, codes=_CODES, n=n, last=n % 10, group=n // _TOGETHER, day=day, next=day + timedelta(days=1)
    )


def _day(n: int) -> date:
    return date(1930, 1, 1) + timedelta(days=n // _TOGETHER)


async def _filled(url: str, patients: int) -> int:
    """A new store with so many patients; its resources."""
    store, indexer, count = await open_store(url), Indexer(load()), 0
    resources = (resource for n in range(patients) for resource in _of_patient(n))
    while batch := list(itertools.islice(resources, _BATCH)):
        await store.transact([Unit((prepare(resource, indexer),)) for resource in batch])
        count += len(batch)
    await store.tidy()
    await store.close()
    return count


def _of_patient(n: int) -> Iterator[dict[str, Any]]:
    family = "Nguyễn" if n % 8 == 0 else f"Ho{n // _TOGETHER:06d}"
    subject, day = {"reference": f"Patient/p{n}"}, _day(n)
    yield {
        "resourceType": "Patient",
        "id": f"p{n}",
        "identifier": [{"system": _SYSTEM, "value": str(n)}],
        "name": [{"family": family, "given": ["Văn", f"An{n % 100}"]}],
        "gender": ("male", "female")[n % 2],
        "birthDate": day.isoformat(),
    }
    yield {
        "resourceType": "Encounter",
        "id": f"e{n}",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": subject,
        "period": {"start": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}T08:00:00+07:00"},
    }
    for k in range(2):
        yield {
            "resourceType": "Observation",
            "id": f"o{n}-{k}",
            "identifier": [{"system": _SYSTEM, "value": f"{n}-{k}"}],
            "status": "final",
            "code": {"coding": [{"system": _CODES, "code": f"c{(n + k) % 10}"}]},
            "subject": subject,
            "encounter": {"reference": f"Encounter/e{n}"},
            "effectiveDateTime": f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}T09:0{k}:00+07:00",
            "valueQuantity": {
                "value": n % 50,
                "unit": "mmol/L",
                "system": "http://unitsofmeasure.org",
                "code": "mmol/L",
            },
        }
