"""Results of tests and imaging: one Observation for each XML4 row, one DiagnosticReport for service and time.

https://hl7.org/fhir/R4/observation.html https://hl7.org/fhir/R4/diagnosticreport.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from mappers.bhyt_xml.extract.records import Record
from mappers.bhyt_xml.transform.tables import (
    CASED_UCUM,
    FINDINGS,
    REPORT_SECTIONS,
    RESULT_CATEGORIES,
    SERVICE_RESOURCES,
    UCUM,
)
from mappers.bhyt_xml.transform.visit import Visit
from mappers.bhyt_xml.transform.words import (
    Json,
    coding,
    column_extension,
    columns,
    concept,
    present,
    reference,
    unknown,
)
from terminology.names import HL7_TERMINOLOGY, Hl7

_NUMBER = re.compile(r"(<=|>=|<|>|≤|≥)?\s*(-?\d{1,18}(?:[.,]\d{1,12})?)")
_COMPARATORS = {"≤": "<=", "≥": ">="}
#: Always kept beside the value; DON_VI_DO only where there is no Quantity to hold it.
_KEPT = ("STT", "DU_PHONG")
_SECTION = f"{HL7_TERMINOLOGY}/v2-0074"
_THOUSANDS = re.compile(r".*,\d{3}")


def results(visit: Visit) -> list[Json]:
    """Observations and reports of all XML4 rows, in the order of the rows."""
    services = _services(visit)
    made: list[Json] = []
    reports: dict[tuple[str, str], list[tuple[Record, list[Json]]]] = {}
    for record, key in zip(visit.records["XML4"], visit.row_keys["XML4"], strict=True):
        found = _observations(visit, record, key, _category(record, services))
        made += found
        group = (record.text("MA_DICH_VU"), record.text("NGAY_KQ"))
        reports.setdefault(group, []).append((record, found))
    return made + [_report(visit, group, rows, services) for group, rows in reports.items()]


def _services(visit: Visit) -> dict[str, list[tuple[Record, str]]]:
    """XML3 rows (with their ids) by service code."""
    found: dict[str, list[tuple[Record, str]]] = {}
    for record, key in zip(visit.records["XML3"], visit.row_keys["XML3"], strict=True):
        found.setdefault(record.text("MA_DICH_VU"), []).append((record, key))
    return found


def _category(record: Record, services: dict[str, list[tuple[Record, str]]]) -> str:
    for ordered, _ in services.get(record.text("MA_DICH_VU"), ()):
        if ordered.text("MA_NHOM") in RESULT_CATEGORIES:
            return RESULT_CATEGORIES[ordered.text("MA_NHOM")]
    return "imaging" if record.text("MO_TA") and not record.text("GIA_TRI") else "laboratory"


def _observations(visit: Visit, record: Record, key: str, category: str) -> list[Json]:
    """The row's value and, where it has one besides, its narrative finding."""
    value, finding = record.text("GIA_TRI"), record.text("MO_TA")
    made = []
    if value or not finding:
        made.append(_observation(visit, record, key, category, _code(visit, record)) | _value(visit, record, value))
    if finding:
        code, display = FINDINGS[category]
        coded = concept(coding(Hl7.LOINC, code, display), *_indicator(visit, record), text=_name(record))
        own = visit.ids.of(key, "finding") if value else key
        made.append(_observation(visit, record, own, category, coded) | {"valueString": finding})
    return made


def _observation(visit: Visit, record: Record, id: str, category: str, code: Json) -> Json:
    moment = record.get("NGAY_KQ")
    return {
        "resourceType": "Observation",
        "id": id,
        "meta": visit.meta("observation", record),
        **present(extension=columns(visit.urls, record, _KEPT)),
        "status": "final",
        "category": [concept(coding(Hl7.OBSERVATION_CATEGORY, category))],
        "code": code,
        "subject": visit.patient,
        "encounter": visit.encounter,
        **present(effectiveDateTime=moment, issued=moment if moment and "T" in moment else None),
    }


def _indicator(visit: Visit, record: Record) -> list[Json]:
    code = record.text("MA_CHI_SO")
    return [coding(visit.urls.system["lab-indicator"], code, record.text("TEN_CHI_SO"))] if code else []


def _name(record: Record) -> str:
    return record.text("TEN_CHI_SO") or record.text("MA_DICH_VU")


def _code(visit: Visit, record: Record) -> Json:
    return concept(*_indicator(visit, record), text=_name(record)) or unknown()


def _value(visit: Visit, record: Record, value: str) -> Json:
    """A number with its digits and comparator, any other text as it is; the conclusion where nothing else is said."""
    unit = record.text("DON_VI_DO")
    found = _NUMBER.fullmatch(value)
    if found and not _THOUSANDS.fullmatch(value):
        comparator = _COMPARATORS.get(found.group(1) or "", found.group(1))
        return {"valueQuantity": measured(found.group(2), unit, comparator)}
    text = value or record.text("KET_LUAN")
    made: Json = {"valueString": text} if text else {"dataAbsentReason": _absent()}
    if unit:
        kept = columns(visit.urls, record, _KEPT)
        made["extension"] = [*kept, column_extension(visit.urls, "DON_VI_DO", {"valueString": unit})]
    return made


def _absent() -> Json:
    return concept(coding(f"{HL7_TERMINOLOGY}/data-absent-reason", "unknown", "Unknown"))


def measured(number: str, unit: str, comparator: str | None = None) -> Json:
    """A Quantity of the digits as sent, with the UCUM code of units that have one."""
    plain = "".join(unit.split())
    ucum = CASED_UCUM.get(plain) or UCUM.get(plain.casefold())
    coded = {"system": Hl7.UCUM, "code": ucum} if ucum else {}
    return present(value=Decimal(number.replace(",", ".")), comparator=comparator, unit=unit) | coded


def _report(
    visit: Visit,
    group: tuple[str, str],
    rows: list[tuple[Record, list[Json]]],
    services: dict[str, list[tuple[Record, str]]],
) -> Json:
    code, moment = group
    ordered = services.get(code, [])
    name = next((record.text("TEN_DICH_VU") for record, _ in ordered if record.text("TEN_DICH_VU")), "")
    category = _category(rows[0][0], services)
    readers = _distinct(licence for record, _ in rows for licence in record.listed("MA_BS_DOC_KQ"))
    coded = coding(visit.urls.system["service"], code, name) if code else {}
    return {
        "resourceType": "DiagnosticReport",
        "id": visit.id_of("report", code, moment),
        "meta": visit.meta("diagnostic-report", rows[0][0]),
        **present(basedOn=[reference("ServiceRequest", key) for key in _requests(ordered, moment)]),
        "status": "final",
        "category": [concept(coding(_SECTION, REPORT_SECTIONS[category]))],
        "code": concept(coded, text=name or code or _name(rows[0][0])) or unknown(),
        "subject": visit.patient,
        "encounter": visit.encounter,
        **present(
            effectiveDateTime=moment,
            issued=moment if "T" in moment else None,
            resultsInterpreter=[visit.practitioner(licence) for licence in readers],
            result=[reference("Observation", item["id"]) for _, found in rows for item in found],
            conclusion="\n".join(_distinct(text for record, _ in rows if (text := record.text("KET_LUAN")))),
        ),
    }


def _requests(ordered: list[tuple[Record, str]], moment: str) -> list[str]:
    """The order that a report answers: by time of result, else the only one there is."""
    orders = [
        (record, key) for record, key in ordered if SERVICE_RESOURCES.get(record.text("MA_NHOM")) == "ServiceRequest"
    ]
    same = [key for record, key in orders if moment and record.text("NGAY_KQ") == moment]
    return same or [key for _, key in orders if len(orders) == 1]


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
