"""create, read and search over HTTP, at 1 and 32 clients, against any FHIR base URL: ours has one worker."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from itertools import islice

import uvloop

from benchmarks.http_client import Load, request, run
from benchmarks.result import Result

_SYSTEM = "https://example.vn/benchmark"
_LOCATION = re.compile(rb"\r\nlocation:[^\r]*Patient/([A-Za-z0-9.-]{1,64})", re.IGNORECASE)
CLIENTS = (1, 32)
_GOALS = {("create", 32): ">= 800", ("read", 32): ">= 3,000"}


def measure(base: str, size: float) -> list[Result]:
    """Rates and latencies of the server at ``base``; it is left with the patients that were created."""
    return list(_all(base.rstrip("/"), size))


def _all(base: str, size: float) -> Iterator[Result]:
    ids: list[str] = []
    run_id = random.SystemRandom().randrange(10**9)
    patients = _patients(base, run_id)
    for clients in CLIENTS:
        count = int((500 if clients == 1 else 4000) * size)
        load = uvloop.run(run(base, islice(patients, count), clients, lambda head, _: _keep(ids, head)))
        yield from _results("create", clients, load, f"POST of a {len(_patient(1, 1))}-byte Patient")
    for name, path in _queries(ids, run_id).items():
        for clients in CLIENTS:
            count = int((1000 if clients == 1 else 8000) * size)
            requests = (request(base, "GET", next(path)) for _ in range(count))
            load = uvloop.run(run(base, requests, clients))
            yield from _results(name, clients, load, f"{len(ids):,} patients")


def _keep(ids: list[str], head: bytes) -> None:
    found = _LOCATION.search(head)
    if found:
        ids.append(found[1].decode())


def _queries(ids: list[str], run_id: int) -> dict[str, Iterator[str]]:
    """Paths of each kind of request, without end."""
    seeded = random.Random(1)

    def endless(template: str) -> Iterator[str]:
        while True:
            number = seeded.randrange(len(ids))
            yield template.format(id=ids[number], value=f"{run_id}-{number}", family=_FAMILIES[number % len(_FAMILIES)])

    return {
        "read": endless("Patient/{id}"),
        "search identifier": endless("Patient?identifier=" + _SYSTEM + "|{value}"),
        "search name and date": endless("Patient?family={family}&birthdate=ge1990&_count=10"),
    }


def _results(name: str, clients: int, load: Load, what: str) -> Iterator[Result]:
    sent = len(load.latencies)
    told = f"{sent:,} requests, {load.received / sent:,.0f} bytes answered on average, {what}"
    if load.failed:
        told += f", {load.failed:,} NOT 2xx"
    title = f"{name}, {clients} client{'s' * (clients > 1)}"
    yield Result(title, load.rate, "requests/s", told, _GOALS.get((name, clients), ""))
    for share in (0.5, 0.99):
        yield Result(f"{title}, p{share * 100:.0f}", load.percentile(share), "ms", "of the same requests")


_FAMILIES = ("Nguyen", "Tran", "Le", "Pham", "Hoang", "Vu", "Dang", "Bui")
_GIVEN = ("An", "Binh", "Chi", "Dung", "Giang", "Hanh", "Khanh", "Linh")


def _patients(base: str, run_id: int) -> Iterator[bytes]:
    number = 0
    while True:
        yield request(base, "POST", "Patient", _patient(run_id, number))
        number += 1


def _patient(run_id: int, number: int) -> bytes:
    """A Patient of about a kilobyte, as a hospital system would send it."""
    family, given = _FAMILIES[number % len(_FAMILIES)], _GIVEN[number // 8 % len(_GIVEN)]
    resource = {
        "resourceType": "Patient",
        "identifier": [
            {"use": "official", "system": _SYSTEM, "value": f"{run_id}-{number}"},
            {"use": "usual", "system": f"{_SYSTEM}/record", "value": f"HS{number:08d}"},
        ],
        "active": True,
        "name": [{"use": "official", "text": f"{family} Van {given}", "family": family, "given": ["Van", given]}],
        "telecom": [{"system": "phone", "value": f"09{number:08d}", "use": "mobile"}],
        "gender": ("male", "female")[number % 2],
        "birthDate": f"{1940 + number % 80}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        "address": [
            {
                "use": "home",
                "line": [f"{number % 300} Tran Hung Dao"],
                "district": "Hoan Kiem",
                "city": "Ha Noi",
                "country": "VN",
            }
        ],
        "maritalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}]
        },
        "contact": [
            {"name": {"text": f"{family} Thi {given}"}, "telecom": [{"system": "phone", "value": "0900000000"}]}
        ],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "vi"}]}, "preferred": True}],
    }
    return json.dumps(resource, separators=(",", ":")).encode()
