"""References in a large Bundle, and memory over many resources. Times and ratios stand in ``make bench``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from profiles.validation import Validator

COUNT = 3000
BASE = "https://a.vn/fhir"


def patient_url(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012d}" if number % 2 else f"{BASE}/Patient/p{number}"


def reference(number: int) -> str:
    """By urn:uuid, by absolute URL, or relative to the fullUrl beside."""
    return patient_url(number) if number % 4 else f"Patient/p{number}"


def bundle() -> dict[str, Any]:
    patients = [
        {"fullUrl": patient_url(number), "resource": {"resourceType": "Patient", "id": f"p{number}"}}
        for number in range(COUNT)
    ]
    results = [
        {
            "fullUrl": f"{BASE}/Observation/o{number}",
            "resource": {
                "resourceType": "Observation",
                "id": f"o{number}",
                "status": "final",
                "code": {"text": "Mạch"},
                "subject": {"reference": reference(number)},
                "derivedFrom": [{"reference": f"Observation/o{COUNT - 1 - number}"}],
            },
        }
        for number in range(COUNT)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": [*patients, *results]}


def test_thousands_of_references_are_all_followed(validator: Validator) -> None:
    large = bundle()
    assert [issue for issue in validator.validate(large) if issue.is_error] == []
    subjects = [entry["resource"] for entry in large["entry"][COUNT:]]
    for number in (1, 2, 4, COUNT - 1):  # one of each form: now they lead to a Group's place
        large["entry"][number]["resource"] = {"resourceType": "Practitioner", "id": f"p{number}"}
    found = {issue.expression for issue in validator.validate(large) if issue.is_error}
    wrong = {f"Bundle.entry[{COUNT + number}].resource.subject" for number in (1, 2, 4, COUNT - 1)}
    assert wrong <= {place.removesuffix(".reference") for place in found}
    moved = {f"Bundle.entry[{number}].fullUrl" for number in (2, 4)}  # a URL that says Patient
    assert {place.removesuffix(".reference") for place in found} <= wrong | moved
    assert len(subjects) == COUNT


#: Prints the peak of memory in kB after a tenth, and after all of the resources.
_MANY = """
import resource, sys
from conformance.definitions import load
from profiles.validation import Validator
from strategies.valid_resources import ValidResources
from terminology.membership import ValueSets

count = int(sys.argv[1])
definitions = load()
value_sets = ValueSets(definitions)
validator = Validator(definitions, value_sets)
made = ValidResources(definitions, value_sets, 1, 6)
pool = [made.resource(name) for name in definitions.resource_types * 3]
for number in range(count):
    drawn = pool[number % len(pool)]
    claimed = {"meta": {"profile": [f"https://example.vn/p{number}"]}, "implicitRules": f"https://example.vn/{number}"}
    foreign = [{"url": f"https://example.vn/x{number}", "valueCoding": {"system": f"https://example.vn/s{number}"}}]
    validator.validate(drawn | claimed | {"extension": foreign})
    if number + 1 in (count // 4, count):
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "soak", reason="a minute of work: in make soak")
def test_law_memory_is_flat_over_a_hundred_thousand_resources() -> None:
    """Each resource names profiles, extensions and systems that no other one does: nothing of them is kept."""
    tests = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _MANY, "100000"],
        env=os.environ | {"PYTHONPATH": str(tests)},
        check=True,
        capture_output=True,
        text=True,
    )
    early, late = map(int, done.stdout.split())
    assert late < early * 1.05 + 4096, (early, late)
