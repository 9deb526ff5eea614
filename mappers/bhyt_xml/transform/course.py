"""The clinical course: its text as ClinicalImpression, its vital signs and the body weight as Observations.

https://hl7.org/fhir/R4/clinicalimpression.html https://hl7.org/fhir/R4/observation-vitalsigns.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from mappers.bhyt_xml import messages
from mappers.bhyt_xml.extract.findings import Findings
from mappers.bhyt_xml.extract.records import Record
from mappers.bhyt_xml.transform.tables import DIASTOLIC, PRESSURE, SIGNS, SYSTOLIC, WEIGHT, Sign
from mappers.bhyt_xml.transform.visit import Visit
from mappers.bhyt_xml.transform.words import (
    Json,
    coding,
    column_extension,
    columns,
    columns_with,
    concept,
    present,
)
from terminology.names import Hl7

_SIGNS = re.compile(r"CSST\s*<([^<>]{0,200})>", re.IGNORECASE)
#: A string that begins and is not closed, or was escaped twice.
_BROKEN = re.compile(r"CSST\s*(?:<(?![^<>]{0,200}>)|&lt;).{0,40}", re.IGNORECASE | re.DOTALL)
_PART = re.compile(r"(HA|NT|SP|HL|M|T)\s*(\d{1,3}(?:[.,]\d{1,2})?)(?:/(\d{1,3}))?", re.IGNORECASE)


def course(visit: Visit, findings: Findings) -> list[Json]:
    """The resources of all XML5 rows, and the weight of XML1."""
    made = [weight] if (weight := _weight(visit)) else []
    for record, key in zip(visit.records["XML5"], visit.row_keys["XML5"], strict=True):
        signs, levels = _signs(visit, record, key, findings)
        made.append(_impression(visit, record, key, levels))
        made += signs
    return made


def _weight(visit: Visit) -> Json | None:
    kilograms = visit.summary.get("CAN_NANG")
    if not kilograms:
        return None
    moment = visit.summary.get("NGAY_VAO")
    body = _observation(visit, visit.summary, visit.id_of("weight"), WEIGHT, moment)
    return body | {"valueQuantity": _quantity(WEIGHT, kilograms)}


def _impression(visit: Visit, record: Record, key: str, levels: list[Json]) -> Json:
    authors = list(dict.fromkeys(record.listed("NGUOI_THUC_HIEN")))
    kept = columns(visit.urls, record, columns_with("XML5", "ClinicalImpression.extension(column)"))
    kept = [item for item in kept if item["extension"][0]["valueCode"] != "NGUOI_THUC_HIEN"]
    kept += [
        column_extension(visit.urls, "NGUOI_THUC_HIEN", {"valueReference": visit.practitioner(licence)})
        for licence in authors[1:]
    ]
    stage = record.text("GIAI_DOAN_BENH")
    return {
        "resourceType": "ClinicalImpression",
        "id": key,
        "meta": visit.meta("clinical-impression", record),
        **present(extension=[*kept, *levels]),
        "status": "completed",
        "subject": visit.patient,
        "encounter": visit.encounter,
        **present(
            effectiveDateTime=record.get("THOI_DIEM_DBLS"),
            assessor=visit.practitioner(authors[0]) if authors else None,
            summary=record.text("DIEN_BIEN_LS"),
            finding=[{"itemCodeableConcept": {"text": stage}}] if stage else [],
        ),
    }


def _signs(visit: Visit, record: Record, key: str, findings: Findings) -> tuple[list[Json], list[Json]]:
    """(Observations, care levels) of the CSST strings in one text; the first value of each sign counts."""
    made: dict[str, Json] = {}
    levels: list[Json] = []
    for name, value, second in _parts(record, findings):
        if name == "HL":
            levels.append(column_extension(visit.urls, "HL", {"valueString": value}))
        elif name not in made:
            made[name] = _sign(visit, record, key, name, (value, second))
    return list(made.values()), levels


def _parts(record: Record, findings: Findings) -> Iterator[tuple[str, str, str]]:
    """(sign, value, second value) of each part; a zero stands for what was not measured."""
    text = record.text("DIEN_BIEN_LS")
    for broken in _BROKEN.findall(text):
        findings.add(messages.VITAL_UNREAD, "XML5", record.row, "DIEN_BIEN_LS", broken)
    for string in _SIGNS.findall(text):
        for part in filter(None, (item.strip() for item in string.split("_"))):
            found = _PART.fullmatch(part)
            name = found.group(1).upper() if found else ""
            is_zero = found is not None and name != "HL" and not found.group(2).strip("0.,")
            if found is None or is_zero or (name == "HA") != (found.group(3) is not None):
                findings.add(messages.VITAL_UNREAD, "XML5", record.row, "DIEN_BIEN_LS", part)
            else:
                yield name, found.group(2), found.group(3) or ""


def _sign(visit: Visit, record: Record, key: str, name: str, values: tuple[str, str]) -> Json:
    sign = SIGNS.get(name, PRESSURE)
    body = _observation(visit, record, visit.ids.of(key, sign.code), sign, record.get("THOI_DIEM_DBLS"))
    numbers = [Decimal(value.replace(",", ".")) for value in values if value]
    if sign is not PRESSURE:
        return body | {"valueQuantity": _quantity(sign, numbers[0])}
    parts = zip((SYSTOLIC, DIASTOLIC), numbers, strict=True)
    return body | {
        "component": [{"code": _code(part), "valueQuantity": _quantity(part, value)} for part, value in parts]
    }


def _observation(visit: Visit, record: Record, id: str, sign: Sign, moment: str | None) -> Json:
    meta = visit.meta("observation", record)
    meta["profile"] = [*meta["profile"], sign.profile]
    return {
        "resourceType": "Observation",
        "id": id,
        "meta": meta,
        "status": "final",
        "category": [concept(coding(Hl7.OBSERVATION_CATEGORY, "vital-signs"))],
        "code": _code(sign),
        "subject": visit.patient,
        "encounter": visit.encounter,
        **present(effectiveDateTime=moment),
    }


def _code(sign: Sign) -> Json:
    return concept(coding(Hl7.LOINC, sign.code, sign.display), text=sign.name)


def _quantity(sign: Sign, value: Decimal) -> Json:
    return {"value": value, "unit": sign.unit, "system": Hl7.UCUM, "code": sign.ucum}
