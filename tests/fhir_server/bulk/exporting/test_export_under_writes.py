"""Exports while others write without a pause: each is the store at its transactionTime, line for line."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable

import pytest
from export_asking import Exports, Row, at_time, expected_lines

from fhir_server.store.protocol import Unit, instant
from fhir_server.store.sqlite import reading, scanning

SIZE = 20_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 400
PATIENTS = SIZE // 10
MEMBERS = [f"p{number}" for number in range(0, PATIENTS, 3)]

Meant = Callable[[Row], bool]


def owner(row: Row) -> str:
    return str(row["id"] if row["resourceType"] == "Patient" else row.get("subject", {}).get("reference", "")[8:])


def is_member(row: Row) -> bool:
    return row["resourceType"] == "Group" or owner(row) in MEMBERS


CASES: dict[str, Meant] = {
    "/$export": lambda _: True,
    "/$export?_type=Patient,Encounter": lambda row: row["resourceType"] in ("Patient", "Encounter"),
    "/$export?_typeFilter=Observation%3Fstatus%3Dfinal": lambda row: row.get("status") in (None, "final", "finished"),
    "/$export?organizeOutputBy=Patient&_type=Patient": lambda row: row["resourceType"] == "Patient",
    "/Patient/$export": lambda _: True,
    "/Patient/$export?_type=Observation&_typeFilter=Observation%3Fcode%3D1": (
        lambda row: row["resourceType"] == "Observation" and row["code"]["coding"][0]["code"] == "1"
    ),
    "/Group/g/$export": is_member,
    "/Group/g/$export?_type=Encounter": lambda row: row["resourceType"] == "Encounter" and is_member(row),
}


@pytest.mark.parametrize("exports", ["sqlite"], indirect=True)
@pytest.mark.parametrize("url", CASES)
def test_law_an_export_is_the_store_at_its_time(exports: Exports, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (scanning, reading):
        monkeypatch.setattr(module, "CHUNK", 50)
    monkeypatch.setattr(scanning, "MATCHES", 120)
    exports.size = 8000
    run = exports.fhir.runner.run
    run(filled(exports))
    before = exports.done("/$export").manifest["transactionTime"]
    job = exports.asked(url)
    later = exports.asked(f"{url}{'&' if '?' in url else '?'}_since={before}")
    writes = run(both(exports))
    assert writes > 10
    compare(exports, job, lambda _, row: CASES[url](row))
    compare(exports, later, lambda version, row: CASES[url](row) and instant(version.last_updated).decode() > before)


def compare(exports: Exports, job: str, meant: Callable[..., bool]) -> None:
    done = exports.exported(job)
    versions = exports.fhir.runner.run(at_time(exports.store, done.at))
    lines = [line for line in done.lines() if b'"name":"header"' not in line]
    assert sorted(lines) == expected_lines(versions, meant)
    assert len(done.manifest["output"]) >= (len(lines) > 0)


async def filled(exports: Exports) -> None:
    repository = exports.fhir.service.repository
    member = [{"entity": {"reference": f"Patient/{one}"}} for one in MEMBERS]
    group = {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": member}
    await repository.transact([Unit((repository.write(group),))])
    for start in range(0, SIZE, 500):
        rows = [made(number, 0) for number in range(start, min(SIZE, start + 500))]
        await repository.transact([Unit((repository.write(row),)) for row in rows])


def made(number: int, mark: int) -> Row:
    subject = {"reference": f"Patient/p{(number + mark) % PATIENTS}"}
    if number < PATIENTS:
        return {"resourceType": "Patient", "id": f"p{number}", "multipleBirthInteger": mark}
    if number % 2:
        kind = {"status": "finished", "class": {"code": "AMB"}, "length": {"value": mark}}
        return {"resourceType": "Encounter", "id": f"e{number}", "subject": subject, **kind}
    code = {"coding": [{"code": str((number + mark) % 3)}]}
    status = ("final", "amended")[(number + mark) % 2]
    return {"resourceType": "Observation", "id": f"o{number}", "status": status, "code": code, "subject": subject}


async def both(exports: Exports) -> int:
    """Do the jobs that wait, and write until they are done; how many writes that were."""
    repository, seeded, mark = exports.fhir.service.repository, random.Random(7), 0
    working = asyncio.create_task(exports.worker().drain())
    while not working.done():
        mark += 1
        row = made(seeded.randrange(SIZE + 50), mark)
        is_gone = mark % 5 == 0 and row["resourceType"] != "Patient"
        write = repository.deletion(row["resourceType"], row["id"]) if is_gone else repository.write(row)
        await repository.transact([Unit((write,))])
        await asyncio.sleep(0)
    assert working.result() == 2
    return mark


def test_the_data_changes_sides() -> None:
    """What the writer changes moves resources in and out of filters and compartments."""
    assert {json.dumps(made(100, mark)["subject"]) for mark in range(5)} != {json.dumps(made(100, 0)["subject"])}
