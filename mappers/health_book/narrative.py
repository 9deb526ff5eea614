"""Human-readable text of the health book: XHTML for the document, and the one-line forms that it is made of.

https://hl7.org/fhir/R4/narrative.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

Resource = Mapping[str, Any]

XHTML = "http://www.w3.org/1999/xhtml"

WORDS = {
    "visit": {"vi": "Lần khám", "en": "Visit"},
    "visits": {"vi": "lần khám, chữa bệnh", "en": "visits"},
    "none": {"vi": "Chưa có dữ liệu", "en": "No data"},
    "withheld": {
        "vi": "{count} mục được bảo vệ đặc biệt không hiển thị trong sổ này.",
        "en": "{count} specially protected entries are not shown in this book.",
    },
    "born": {"vi": "sinh", "en": "born"},
    "male": {"vi": "nam", "en": "male"},
    "female": {"vi": "nữ", "en": "female"},
    "other": {"vi": "chưa xác định", "en": "other"},
    "unknown": {"vi": "không rõ", "en": "unknown"},
}


def word(name: str, language: str) -> str:
    """A fixed word of the book in ``vi`` or ``en``."""
    return WORDS[name]["vi" if language == "vi" else "en"]


def div(html: str) -> dict[str, str]:
    """A generated Narrative around ``html``, which is already escaped."""
    return {"status": "generated", "div": f'<div xmlns="{XHTML}">{html}</div>'}


def book(title: str, patient: Resource, withheld: int, language: str) -> dict[str, str]:
    """Narrative of the whole: title, person, and how much was withheld."""
    note = f"<p>{escape(word('withheld', language).format(count=withheld))}</p>" if withheld else ""
    return div(f"<h1>{escape(title)}</h1><p>{escape(person(patient, language))}</p>{note}")


def section(title: str, entries: list[dict[str, Any]], parts: int, language: str) -> dict[str, str]:
    """Narrative of a section: a line per entry, or the number of its parts."""
    lines = [f"<li>{escape(line(entry, language))}</li>" for entry in entries]
    body = f"<ul>{''.join(lines)}</ul>" if lines else f"<p>{escape(_without_entries(parts, language))}</p>"
    return div(f"<h2>{escape(title)}</h2>{body}")


def _without_entries(parts: int, language: str) -> str:
    return f"{parts} {word('visits', language)}" if parts else word("none", language)


def person(patient: Resource, language: str) -> str:
    """Name, sex, birth date."""
    name = next((_name(row) for row in patient.get("name", ()) if row.get("use") != "old"), "")
    parts = [name, word(patient.get("gender", "unknown"), language)]
    if "birthDate" in patient:
        parts.append(f"{word('born', language)} {patient['birthDate']}")
    return ", ".join(part for part in parts if part)


def _name(row: Resource) -> str:
    return str(row.get("text") or " ".join((row.get("family", ""), *row.get("given", ()))).strip())


def visit_title(encounter: Resource, by_key: Mapping[str, Resource], language: str) -> str:
    """Day and facility of a visit."""
    day = str(encounter.get("period", {}).get("start", ""))[:10]
    provider = encounter.get("serviceProvider", {})
    facility = _facility(by_key.get(provider.get("reference", ""), provider))
    return " ".join(part for part in (word("visit", language), day, f"- {facility}" if facility else "") if part)


def _facility(organization: Resource) -> str:
    identifiers = organization.get("identifier", ({},))
    return str(organization.get("name") or organization.get("display") or identifiers[0].get("value", ""))


def line(resource: Resource, language: str) -> str:
    """One line that tells the gist of a resource."""
    describe = _LINES.get(resource["resourceType"], _coded)
    return describe(resource, language)


def concept(value: Any) -> str:
    """Text of a CodeableConcept, or its first display, or its first code."""
    if not isinstance(value, Mapping):
        return ""
    codings = value.get("coding", ())
    words = (value.get("text"), *(row.get("display") for row in codings), *(row.get("code") for row in codings))
    return str(next((item for item in words if item), ""))


def measured(observation: Resource) -> str:
    """The value of an Observation with its comparator and unit, or its components'."""
    match observation:
        case {"valueQuantity": quantity}:
            return f"{quantity.get('comparator', '')}{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
        case {"valueString": text}:
            return str(text)
        case {"valueCodeableConcept": value}:
            return concept(value)
        case {"component": components}:
            return "; ".join(f"{concept(row.get('code'))} {measured(row)}" for row in components)
        case _:
            return ""


def _coded(resource: Resource, _language: str) -> str:
    text = concept(resource.get("code")) or concept(resource.get("type"))
    return text or str(resource.get("description") or resource["resourceType"])


def _coverage(resource: Resource, _language: str) -> str:
    period = resource.get("period", {})
    number = resource.get("subscriberId") or concept(resource.get("type")) or "Coverage"
    span = " - ".join(str(period[edge]) for edge in ("start", "end") if edge in period)
    return f"{number} ({span})" if span else str(number)


def _condition(resource: Resource, _language: str) -> str:
    codes = [row.get("code", "") for row in resource.get("code", {}).get("coding", ())]
    text = concept(resource.get("code"))
    return f"{codes[0]} {text}" if codes and codes[0] != text else text


def _drug(resource: Resource, _language: str) -> str:
    dose = next((row.get("text", "") for row in resource.get("dosageInstruction", ())), "")
    quantity = resource.get("quantity") or resource.get("dispenseRequest", {}).get("quantity") or {}
    amount = f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
    return ", ".join(part for part in (concept(resource.get("medicationCodeableConcept")), amount, dose) if part)


def _observation(resource: Resource, language: str) -> str:
    return f"{_coded(resource, language)}: {measured(resource)}"


def _report(resource: Resource, language: str) -> str:
    conclusion = resource.get("conclusion")
    name = _coded(resource, language)
    return f"{name}: {conclusion}" if conclusion else name


def _impression(resource: Resource, _language: str) -> str:
    return str(resource.get("summary") or resource.get("description") or "")


def _visit(resource: Resource, _language: str) -> str:
    period = resource.get("period", {})
    reasons = "; ".join(concept(row) for row in resource.get("reasonCode", ()))
    span = " - ".join(str(period[edge])[:16].replace("T", " ") for edge in ("start", "end") if edge in period)
    return ": ".join(part for part in (span, reasons) if part)


_LINES: dict[str, Callable[[Resource, str], str]] = {
    "Patient": person,
    "Coverage": _coverage,
    "Condition": _condition,
    "Observation": _observation,
    "DiagnosticReport": _report,
    "MedicationRequest": _drug,
    "MedicationDispense": _drug,
    "ClinicalImpression": _impression,
    "Encounter": _visit,
}
