"""The health book as plain text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mappers.health_book import narrative

#: Heading of each resource type in a visit.
TYPE_WORDS = {
    "Patient": ("Người bệnh", "Patient"),
    "Coverage": ("Thẻ BHYT", "Coverage"),
    "Encounter": ("Thời gian", "Time"),
    "Condition": ("Chẩn đoán", "Diagnosis"),
    "Observation": ("Kết quả", "Result"),
    "DiagnosticReport": ("Phiếu kết quả", "Report"),
    "Procedure": ("Thủ thuật, phẫu thuật", "Procedure"),
    "ServiceRequest": ("Chỉ định", "Order"),
    "MedicationRequest": ("Đơn thuốc", "Prescription"),
    "MedicationDispense": ("Cấp thuốc", "Dispensed"),
    "ClinicalImpression": ("Diễn biến", "Course"),
}


def render_text(document: Mapping[str, Any], language: str = "vi") -> str:
    """A document Bundle of ``build`` as text: sections as headings, entries as lines."""
    by_key = {_key(entry["resource"]): entry["resource"] for entry in document["entry"]}
    composition = document["entry"][0]["resource"]
    lines = [composition["title"], "=" * len(composition["title"])]
    for section in composition["section"]:
        lines += _section(section, by_key, language, depth=0)
    lines += _withheld(composition, language)
    return "\n".join(lines) + "\n"


def _key(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _section(section: Mapping[str, Any], by_key: Mapping[str, Any], language: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield ""
    yield f"{indent}{section['title']}"
    entries = [by_key[entry["reference"]] for entry in section.get("entry", ())]
    yield from (f"{indent}  {_entry(entry, language)}" for entry in entries)
    for part in section.get("section", ()):
        yield from _section(part, by_key, language, depth + 1)
    if not entries and not section.get("section"):
        yield f"{indent}  ({narrative.word('none', language)})"


def _entry(resource: Mapping[str, Any], language: str) -> str:
    vi, en = TYPE_WORDS.get(resource["resourceType"], (resource["resourceType"], resource["resourceType"]))
    return f"{vi if language == 'vi' else en}: {narrative.line(resource, language)}"


def _withheld(composition: Mapping[str, Any], language: str) -> list[str]:
    counts = [row["valueInteger"] for row in composition.get("extension", ()) if "valueInteger" in row]
    return ["", narrative.word("withheld", language).format(count=counts[0])] if counts else []
