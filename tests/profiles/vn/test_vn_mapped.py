"""Everything that the mapper makes, and the health book made of that, meets its national profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from mappers.health_book import build
from mappers.merge import merge
from mappers.synthetic import generate
from mappers.units import Unit
from profiles.validation import Validator
from profiles.vn.declarations import profile
from strategies.claim_source import read
from terminology.names import PROFILES, Names

BOOK = ("health-book-composition", "health-book-bundle")
PROFILE_OF = {profile(name)["type"]: name for name in PROFILES if name not in BOOK}


def _units(visits: int, **options: Any) -> Iterator[Unit]:
    for made in generate(7, visits, **options):
        yield from read(made.content)[0]


def _problems(validator: Validator, names: Names, rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Errors by resource type."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        kind = row["resourceType"]
        issues = validator.validate(row, [names.profile(PROFILE_OF[kind])])
        found[kind] += [f"{issue.expression}: {issue.text()}" for issue in issues if issue.is_error]
    return found


def _resources(units: Iterable[Unit]) -> Iterator[Mapping[str, Any]]:
    for unit in units:
        yield from unit.resources
        yield from unit.shared


@pytest.fixture(scope="module")
def problems(national_validator: Validator, names: Names) -> dict[str, list[str]]:
    return _problems(national_validator, names, _resources(_units(40)))


@pytest.mark.parametrize("kind", PROFILE_OF)
def test_generated_claims_meet_the_profile(problems: dict[str, list[str]], kind: str) -> None:
    assert kind in problems, "none was generated"
    assert problems[kind] == []


@pytest.mark.slow
def test_a_thousand_envelopes_meet_their_profiles(national_validator: Validator, names: Names) -> None:
    units = _units(1000, visits_per_envelope=1)
    found = _problems(national_validator, names, _resources(units))
    assert {kind: texts for kind, texts in found.items() if texts} == {}


def _person(units: list[Unit]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A patient and all that is known, every shared resource merged."""
    merged: dict[tuple[str, str], dict[str, Any]] = {}
    for unit in units:
        for row in (*unit.resources, *unit.shared):
            key = (row["resourceType"], row["id"])
            merged[key] = merge(merged[key], row) if key in merged else row
    patient = next(row for (kind, _), row in merged.items() if kind == "Patient")
    own = f"Patient/{patient['id']}"
    of_others = {
        key for key, row in merged.items() if row.get("subject", row.get("patient", {})).get("reference", own) != own
    }
    return patient, [row for key, row in merged.items() if key not in of_others and key[0] != "Patient"]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_health_book_meets_its_profiles(national_validator: Validator, names: Names, language: str) -> None:
    patient, rows = _person(list(_units(10)))
    base = "https://example.org/fhir"
    book = build(patient, rows, now="2026-01-01T00:00:00+07:00", names=names, base_url=base, language=language)
    composition = book["entry"][0]["resource"]
    assert book["meta"]["profile"] == [names.profile("health-book-bundle")]
    assert composition["meta"]["profile"] == [names.profile("health-book-composition")]
    errors = [f"{issue.expression}: {issue.text()}" for issue in national_validator.validate(book) if issue.is_error]
    assert errors == []
