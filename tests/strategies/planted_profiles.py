"""Planted defects of what profiles state: a profile made for them, and the national ones.

https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from strategies.planted import Defect, row
from strategies.planted_rules import CORE, put

WARD = "https://example.vn/StructureDefinition/ward-patient"
WARD_EXTENSION = "https://example.vn/StructureDefinition/bed"


def _definition(url: str, type_name: str, elements: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition", "url": url, "name": "N", "status": "active", "abstract": False,
        "kind": "resource", "type": type_name, "baseDefinition": f"{CORE}/{type_name}", "derivation": "constraint",
        "differential": {"element": [{"id": at["path"]} | at for at in elements]},
    } | more  # fmt: skip


def _sliced(path: str, kind: str, by: str, rules: str, *, ordered: bool = False) -> dict[str, Any]:
    return {
        "path": path,
        "slicing": {"discriminator": [{"type": kind, "path": by}], "rules": rules, "ordered": ordered},
    }


def _slice(path: str, name: str, child: str = "", **more: Any) -> dict[str, Any]:
    return {"id": f"{path}:{name}{child}", "path": f"{path}{child}"} | ({} if child else {"sliceName": name}) | more


#: Structures to validate against, by canonical.
STRUCTURES: dict[str, dict[str, Any]] = {
    WARD: _definition(WARD, "Patient", [
        {"path": "Patient", "constraint": [
            {"key": "w-1", "severity": "error", "human": "h", "expression": "name.given.exists()"}]},
        _sliced("Patient.extension", "value", "url", "open"),
        _slice("Patient.extension", "bed", min=1, max="1", type=[{"code": "Extension", "profile": [WARD_EXTENSION]}]),
        _sliced("Patient.identifier", "value", "system", "closed", ordered=True),
        _slice("Patient.identifier", "cccd", min=1, max="1"),
        _slice("Patient.identifier", "cccd", ".system", min=1, fixedUri="urn:x:cccd"),
        _slice("Patient.identifier", "cccd", ".value", min=1, maxLength=12),
        _slice("Patient.identifier", "card", min=0, max="2"),
        _slice("Patient.identifier", "card", ".system", min=1, fixedUri="urn:x:card"),
        {"path": "Patient.active", "min": 1, "fixedBoolean": True},
        {"path": "Patient.name", "min": 1, "max": "1"},
        {"path": "Patient.birthDate", "minValueDate": "1900-01-01", "maxValueDate": "2100-01-01"},
        {"path": "Patient.deceased[x]", "type": [{"code": "dateTime"}]},
        {"path": "Patient.maritalStatus", "patternCodeableConcept": {"coding": [{"code": "M"}]}},
        {"path": "Patient.multipleBirth[x]", "max": "0"},
        {"path": "Patient.photo", "max": "0"},
        {"path": "Patient.communication.preferred", "min": 1},
    ]),
    WARD_EXTENSION: _definition(WARD_EXTENSION, "Extension", [
        {"path": "Extension.extension", "max": "0"},
        {"path": "Extension.url", "fixedUri": WARD_EXTENSION},
        {"path": "Extension.value[x]", "min": 1, "type": [{"code": "code"}], "binding": {
            "strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"}},
    ], kind="complex-type", context=[{"type": "element", "expression": "Patient"}]),
}  # fmt: skip

SOUND: dict[str, Any] = {
    "resourceType": "Patient",
    "extension": [{"url": WARD_EXTENSION, "valueCode": "male"}],
    "identifier": [{"system": "urn:x:cccd", "value": "079085012345"}, {"system": "urn:x:card", "value": "DN1"}],
    "active": True,
    "name": [{"family": "Nguyễn", "given": ["An"]}],
    "birthDate": "1985-03-14",
    "maritalStatus": {"coding": [{"system": "urn:x:y", "code": "M"}]},
}
CARD = {"system": "urn:x:card", "value": "DN2"}

_WARD: tuple[tuple[Any, ...], ...] = (
    ("slice missing", lambda r: r["identifier"].pop(0), ""),
    ("slice too many", lambda r: r["identifier"].extend([CARD, CARD]), ""),
    ("slice of none, closed", lambda r: r["identifier"].append({"system": "urn:x:z", "value": "1"}), "identifier[2]"),
    ("slices out of order", lambda r: r["identifier"].reverse(), "identifier[1]"),
    ("inside a slice missing", lambda r: r["identifier"][0].pop("value"), "identifier[0]"),
    ("inside a slice too long", lambda r: r["identifier"][0].update(value="0" * 13), "identifier[0].value"),
    ("extension missing", lambda r: r.pop("extension"), ""),
    ("extension twice", lambda r: r["extension"].append(r["extension"][0]), ""),
    ("extension of other type", put(extension=[{"url": WARD_EXTENSION, "valueString": "male"}]), "extension[0]"),
    ("extension outside of its set", put(extension=[{"url": WARD_EXTENSION, "valueCode": "nam"}]), "extension[0]"),
    ("extension with parts", put(extension=[{"url": WARD_EXTENSION, "extension": [{"url": "a", "valueCode": "b"}]}]),
     "extension[0]"),
    ("not fixed", put(active=False), "active"),
    ("missing", lambda r: r.pop("active"), ""),
    ("not the pattern", put(maritalStatus={"coding": [{"system": "urn:x:y", "code": "S"}]}), "maritalStatus"),
    ("not the pattern, text alone", put(maritalStatus={"text": "M"}), "maritalStatus"),
    ("more than one", lambda r: r["name"].append({"given": ["B"]}), ""),
    ("below the minimum", put(birthDate="1899-12-31"), "birthDate"),
    ("above the maximum", put(birthDate="2100-01-02"), "birthDate"),
    ("type taken away", put(deceasedBoolean=True), "deceased.ofType(boolean)"),
    ("choice taken away", put(multipleBirthBoolean=True), ""),
    ("list taken away", put(photo=[{"title": "a"}]), ""),
    ("child missing", put(communication=[{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "vi"}]}}]),
     "communication[0]"),
    ("invariant", put(name=[{"family": "Nguyễn"}]), ""),
)  # fmt: skip

LOINC = "http://loinc.org"
#: A blood pressure as its profile in the specification asks, which holds for every Observation with its code.
PRESSURE: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category",
                              "code": "vital-signs"}]}],
    "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
    "subject": {"reference": "Patient/1"},
    "effectiveDateTime": "2024-05-06",
    "component": [
        {"code": {"coding": [{"system": LOINC, "code": code}]},
         "valueQuantity": {"value": 120, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}
        for code in ("8480-6", "8462-4")
    ],
}  # fmt: skip

_PRESSURE: tuple[tuple[Any, ...], ...] = (
    ("component missing", lambda r: r["component"].pop(), ""),
    ("category missing", lambda r: r.pop("category"), ""),
    ("unit of a component", lambda r: r["component"][0]["valueQuantity"].update(code="mg"),
     "component[0].value.ofType(Quantity)"),
    ("type of a component", lambda r: (r["component"][0].pop("valueQuantity"), r["component"][0].update(
        valueString="a")), "component[0].value.ofType(string)"),
    ("vs-1", put(effectiveDateTime="2024"), "effective.ofType(dateTime)"),
    ("subject missing", lambda r: r.pop("subject"), ""),
)  # fmt: skip


def defects() -> Iterator[Defect]:
    """All defects of this module."""
    for name, change, at, *cascade in _WARD:
        yield row(name, SOUND, change, at, *cascade, profile=WARD)
    for name, change, at, *cascade in _PRESSURE:
        yield row(f"blood pressure: {name}", PRESSURE, change, at, *cascade)
