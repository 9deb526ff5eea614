"""Validation of one resource after another in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from benchmarks.result import Result
from conformance.issues import has_errors
from conformance.json_codec import encode
from conformance.packages import load
from profiles.validation import Options, Validator
from profiles.vn.validator import AT_WRITE, national_validator
from terminology.names import Names


def measure(size: float) -> Iterator[Result]:
    """Microseconds for a Patient of 3 KB: structure alone, with everything else, and the first of its kind."""
    patient, rounds = _patient(), int(1000 * size)
    what = f"a valid Patient of {len(encode(patient)):,} bytes, decoded already; best of 5 x {rounds:,}"
    structural = _validator(AT_WRITE)
    first = _microseconds(structural, patient, 1)
    yield Result("validate structure", _best(structural, patient, rounds), "us", what, "< 150")
    yield Result("validate structure, first", first / 1000, "ms", "the same, compiling the checks of its types")
    told = f"{what}; with invariants, bindings and the national profile"
    yield Result("validate all", _best(_validator(Options()), patient, rounds), "us", told)


def _validator(options: Options) -> Validator:
    return national_validator(Names(), load(), options=options)


def _best(validator: Validator, patient: dict[str, Any], rounds: int) -> float:
    issues = validator.validate(patient)
    if has_errors(issues):
        raise RuntimeError(str(issues))
    return min(_microseconds(validator, patient, rounds) for _ in range(5))


def _microseconds(validator: Validator, resource: dict[str, Any], rounds: int) -> float:
    started = time.perf_counter()
    for _ in range(rounds):
        validator.validate(resource)
    return (time.perf_counter() - started) / rounds * 1e6


def _patient() -> dict[str, Any]:
    """A Patient of 3 KB: several identifiers, addresses and contacts, as mapped from claims of several facilities."""
    coded = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR", "display": "Medical record"}
    return {
        "resourceType": "Patient",
        "id": "benchmark",
        "meta": {"source": "urn:benchmark", "profile": ["https://w3id.org/vn-ehb/StructureDefinition/patient"]},
        "identifier": [
            {
                "use": "usual",
                "type": {"coding": [coded], "text": "Mã bệnh nhân"},
                "system": f"https://w3id.org/vn-ehb/sid/patient/{facility}",
                "value": f"BN{facility}000{facility}",
                "period": {"start": "2024-01-02", "end": "2024-12-31"},
            }
            for facility in range(10001, 10007)
        ],
        "active": True,
        "name": [
            {"use": "official", "text": "Nguyễn Thị Minh Khai", "family": "Nguyễn", "given": ["Thị", "Minh", "Khai"]}
        ],
        "telecom": [{"system": "phone", "value": "0912345678", "use": "mobile"}],
        "gender": "female",
        "birthDate": "1984-11-05",
        "address": [
            {
                "use": "home",
                "text": "12 phố Huế, phường Hai Bà Trưng, thành phố Hà Nội",
                "line": ["12 phố Huế"],
                "city": "Thành phố Hà Nội",
                "country": "VN",
                "extension": [_coded("vn-ext-province", "01"), _coded("vn-ext-ward", "00256")],
            }
        ]
        * 2,
        "contact": [
            {
                "name": {"text": "Trần Văn Nam", "family": "Trần", "given": ["Văn", "Nam"]},
                "telecom": [{"system": "phone", "value": "0987654321"}],
                "gender": "male",
            }
        ],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "vi"}]}, "preferred": True}],
    }


def _coded(name: str, code: str) -> dict[str, Any]:
    base = "http://fhir.hl7.org.vn/core"
    value = {"coding": [{"system": f"{base}/CodeSystem/vn-{name[7:]}-cs", "code": code}]}
    return {"url": f"{base}/StructureDefinition/{name}", "valueCodeableConcept": value}
