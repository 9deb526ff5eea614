"""What grammars and check digits say of codes whose systems have no list here."""

from __future__ import annotations

import pytest

from conformance.definitions import Definitions
from terminology.grammars import is_of
from terminology.membership import Membership, ValueSets

UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
COUNTRY = "urn:iso:std:iso:3166"
MIME = "urn:ietf:bcp:13"


@pytest.mark.parametrize(
    ("system", "code", "answer"),
    [
        (UCUM, "mm[Hg]{hg}", True),
        (UCUM, "/100{WBC}", True),
        (UCUM, "g/(8.h){shift}", True),
        (UCUM, "Cel/min", True),
        (UCUM, "MiBy", True),
        (UCUM, "fmm[Hg]", False),
        (UCUM, "mm Hg", False),
        (UCUM, "beats/min", False),
        (SNOMED, "73211009", None),
        (SNOMED, "900000000000207008", None),
        (SNOMED, "73211009 |Diabetes mellitus| : 363698007 = 1", None),
        (SNOMED, "73211008", False),
        (SNOMED, "276885007x", False),
        (SNOMED, "1", False),
        (SNOMED, "", False),
        (LOINC, "8867-4", None),
        (LOINC, "LA6576-8", None),
        (LOINC, "8867-5", False),
        (LOINC, "heart rate", False),
        (COUNTRY, "VN", True),
        (COUNTRY, "VNM", None),
        (COUNTRY, "704", None),
        (COUNTRY, "XK", None),
        (COUNTRY, "ZX", False),
        (COUNTRY, "Vietnam", False),
        (f"{COUNTRY}:-2", "VN-HN", None),
        (f"{COUNTRY}:-2", "HN", False),
        (MIME, "application/fhir+json; fhirVersion=4.0", True),
        (MIME, "TEXT/PLAIN", None),
        (MIME, "json", None),
        (MIME, "pdf", False),
        ("urn:iso:std:iso:4217", "VND", True),
        ("urn:iso:std:iso:4217", "dong", False),
        ("urn:unknown", "x", None),
    ],
)
def test_a_code_by_its_system(system: str, code: str, answer: bool | None) -> None:
    assert is_of(system, code) is answer


def test_no_code_of_the_published_value_sets_is_refused(definitions: Definitions) -> None:
    asked = 0
    for canonical in definitions.canonicals("ValueSet"):
        compose = (definitions.value_set(canonical) or {}).get("compose", {})
        for part in compose.get("include", ()):
            for concept in part.get("concept", ()):
                asked += 1
                assert is_of(part["system"], concept["code"]) is not False, (canonical, concept["code"])
    assert asked > 5000


def test_membership_asks_the_systems_of_a_value_set(definitions: Definitions) -> None:
    value_sets = ValueSets(definitions)
    mime, units = "http://hl7.org/fhir/ValueSet/mimetypes", "http://hl7.org/fhir/ValueSet/ucum-units"
    assert value_sets.membership(mime, None, "pdf") is Membership.NO
    assert value_sets.membership(mime, None, "image/png") is Membership.YES
    assert value_sets.membership(units, UCUM, "mg/dL") is Membership.YES
    assert value_sets.membership(units, UCUM, "mg per dL") is Membership.NO
