"""Profiles that the specification asks of a resource by what it says: vital signs.

An Observation with one of these codes must meet the vital signs profile. https://hl7.org/fhir/R4/observation-vitalsigns.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_BASE = "http://hl7.org/fhir/StructureDefinition/"
_LOINC = "http://loinc.org"
_SNOMED = "http://snomed.info/sct"

#: Profile -> codes of LOINC and of SNOMED CT for the same measurement.
_CODES: dict[str, tuple[str, str]] = {
    "vitalspanel": ("85353-1", ""),
    "resprate": ("9279-1", "86290005"),
    "heartrate": ("8867-4", "364075005"),
    "oxygensat": ("2708-6 59408-5", "431314004"),
    "bodytemp": ("8310-5", "386725007 276885007"),
    "bodyheight": ("8302-2", "50373000"),
    "headcircum": ("9843-4", "363812007"),
    "bodyweight": ("29463-7", "27113001"),
    "bmi": ("39156-5", "60621009"),
    "bp": ("85354-9", "75367002"),
}
_BY_CODE = {
    (system, code): _BASE + profile
    for profile, lists in _CODES.items()
    for system, codes in zip((_LOINC, _SNOMED), lists, strict=True)
    for code in codes.split()
}


def implied(resource: dict[str, Any]) -> Iterator[str]:
    """Canonicals of the profiles that an Observation must meet by its code."""
    if resource.get("resourceType") != "Observation":
        return
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    found = {
        _BY_CODE.get((str(coding.get("system")), str(coding.get("code"))))
        for coding in (codings if isinstance(codings, list) else ())
        if isinstance(coding, dict)
    }
    yield from sorted(canonical for canonical in found if canonical)
