"""Bulk Data export: resources a second with one worker, its memory, and what readers and writers notice of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.http_client import Load, request
from benchmarks.http_client import run as send
from benchmarks.processes import run, serving
from benchmarks.resources import patient
from benchmarks.result import Result
from fhir_server.store import open_store
from fhir_server.store.entries import NO_KEY, Entry, Kind
from fhir_server.store.protocol import Body, Key, Unit, Write

_MEGABYTE = 1024 * 1024
_TYPES = ("Patient", "Encounter", "Observation", "Condition", "MedicationRequest", "Procedure", "Claim", "Coverage")
_BATCH, _CLIENTS = 2000, 8


def measure(folder: Path, size: float) -> Iterator[Result]:
    """Exports of a synthetic store of 200,000 resources, whatever else is in the folder."""
    count = int(200_000 * size)
    url = f"sqlite://{folder}/export/fhir.sqlite"
    environment = {"XDG_DATA_HOME": str(folder / "share"), "FHIR_SERVER_STORE": url}
    (folder / "export").mkdir()
    asyncio.run(_fill(url, count))
    yield from _command(folder / "files", environment, count)
    yield from _served(environment, count)


def _command(out: Path, environment: Mapping[str, str], count: int) -> Iterator[Result]:
    done = run("export", "--out", out, environment=environment)
    found = re.search(r"(\d+) resources, (\d+) bytes in ([\d.]+) s", done.output)
    if not found or int(found[1]) != count:
        raise RuntimeError(done.output)
    seconds, bytes_ = float(found[3]), int(found[2])
    what = f"{count:,} resources, {bytes_ / _MEGABYTE:.0f} MB NDJSON, one process, fsync included"
    yield Result("export", count / seconds, "resources/s", what, ">= 100,000")
    yield Result(
        "export, to cat and fsync", _cat(out) / seconds, "of its rate", "copying the same bytes is 1", ">= 0.1"
    )
    yield Result("export, peak memory", done.memory / _MEGABYTE, "MB", f"at {count:,} resources", "< 150")


def _cat(folder: Path) -> float:
    """Seconds that copying these files takes, each made to last."""
    started = time.perf_counter()
    copy = folder / "copy"
    for path in sorted(folder.glob("*.ndjson")):
        with path.open("rb") as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, _MEGABYTE)
            target.flush()
            os.fsync(target.fileno())
    copy.unlink()
    return time.perf_counter() - started


def _served(environment: Mapping[str, str], count: int) -> Iterator[Result]:
    """Jobs of a server, and reads while they run and while none does."""
    with serving({**environment, "FHIR_SERVER_WORKERS": "1"}) as (base, _):
        alone, beside, seconds = asyncio.run(_both(base, lambda: _reads(base, count)))
        yield from _compared("read", alone, beside)
        alone, beside, _ = asyncio.run(_both(base, lambda: _creates(base)))
        yield from _compared("create", alone, beside)
    yield Result("$export", count / seconds, "resources/s", "as a job of a server that answers reads meanwhile")


def _compared(what: str, alone: Load, beside: Load) -> Iterator[Result]:
    for name, load in (("no export", alone), ("an export", beside)):
        if load.failed:
            raise RuntimeError(f"{load.failed} of {len(load.latencies)} requests failed")
        told = f"{_CLIENTS} clients, {len(load.latencies):,} requests, {name} running"
        yield Result(f"{what}, {name}, p99", load.percentile(0.99), "ms", told)


async def _both(base: str, requests: Callable[[], Iterator[bytes]]) -> tuple[Load, Load, float]:
    """The same load alone and beside exports, and the seconds that an export took."""
    alone = await send(base, requests(), _CLIENTS)
    exporting = asyncio.create_task(_exports(base))
    beside = await send(base, requests(), _CLIENTS)
    return alone, beside, await exporting


def _reads(base: str, count: int) -> Iterator[bytes]:
    keys = (_key(number * 7919 % count) for number in itertools.count())
    return itertools.islice((request(base, "GET", str(key)) for key in keys), 8000)


def _creates(base: str) -> Iterator[bytes]:
    """Patients, each a person of its own; the server gives the ids."""
    bodies = (json.dumps(patient(number)).encode() for number in range(2000))
    return (request(base, "POST", "Patient", body) for body in bodies)


async def _exports(base: str) -> float:
    """Seconds of the best of two exports of everything, one after the other."""
    return min([await asyncio.to_thread(_export, base) for _ in range(2)])


def _export(base: str) -> float:
    asked = urllib.request.Request(f"{base}/$export", headers={"prefer": "respond-async"})  # noqa: S310 - our server
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        location = answer.headers["content-location"]
    started = time.perf_counter()
    while True:
        with urllib.request.urlopen(location) as answer:  # noqa: S310
            if answer.status == 200:
                return time.perf_counter() - started
        time.sleep(0.1)


def _key(number: int) -> Key:
    return Key(_TYPES[number % len(_TYPES)], f"r{number:08d}")


async def _fill(url: str, count: int) -> None:
    store = await open_store(url)
    for start in range(0, count, _BATCH):
        await store.transact([Unit(tuple(_write(number) for number in range(start, min(count, start + _BATCH))))])
    await store.close()


def _write(number: int) -> Write:
    """A resource of about 1.3 KB that refers to a Patient."""
    key = _key(number)
    patient = str(_key(number // len(_TYPES) * len(_TYPES)))
    body = {
        "identifier": [{"system": f"https://example.vn/id/{key.type}", "value": f"V{number:010d}"}],
        "status": "final",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": f"{number % 9999}-4"}],
            "text": f"XN {number % 777}",
        },
        "subject": {"reference": patient},
        "effectiveDateTime": f"2026-01-{number % 28 + 1:02d}T07:00:00+07:00",
        "valueQuantity": {"value": number / 7, "unit": "mmol/L", "system": "http://unitsofmeasure.org"},
        "note": [{"text": f"Ghi chú {number}: " + "không có gì đặc biệt. " * 20}],
        "extension": [{"url": f"https://example.vn/e/{n}", "valueString": f"{number * n}"} for n in range(5)],
    }
    head = b'{"resourceType":"%b","id":"%b","meta":{' % (key.type.encode(), key.id.encode())
    tail = b"}," + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()[1:]
    entries = () if key.type == "Patient" else (Entry("patient", Kind.REFERENCE, NO_KEY, patient),)
    return Write(key, Body(head, tail), entries, number.to_bytes(16, "big"))
