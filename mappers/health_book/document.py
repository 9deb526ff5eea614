"""A person's resources as one document Bundle, led by a Composition.

https://hl7.org/fhir/R4/documents.html, https://hl7.org/fhir/R4/composition.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.json_codec import encode
from mappers.health_book import narrative
from mappers.health_book.labels import is_labelled, split_withheld, visit_of, without_references
from mappers.health_book.references import is_of_another, key_of, references, relative
from mappers.health_book.sections import (
    GROUPS,
    SUPPORTING_TYPES,
    VISIT_TYPES,
    VISITS,
    Group,
)
from terminology.names import Hl7, Names

Resource = dict[str, Any]

TITLE = {"vi": "Sổ sức khỏe điện tử", "en": "Electronic health book"}


@dataclass(frozen=True, slots=True)
class _Book:
    """What the parts of one document share."""

    names: Names
    language: str
    by_key: Mapping[str, Resource]

    def coding(self, code: str) -> Resource:
        return {"coding": [{"system": self.names.code_system("book-section"), "code": code}]}


def build(
    patient: Resource,
    resources: Iterable[Resource],
    *,
    now: str,
    names: Names,
    base_url: str,
    server_urls: tuple[str, ...] = (),
    language: str = "vi",
    include_sensitive: bool = False,
) -> Resource:
    """A document Bundle of ``patient`` and those of ``resources`` that belong in a health book.

    ``resources`` may hold anything; what the book has no place for is left out, and what is about another person: a
    mother who tells of her child's illness does not have it in her book. References that begin with one of
    ``server_urls`` lead to ``resources`` as relative ones do. ``now`` is an instant with zone and becomes the
    document's date. Specially protected data is withheld unless ``include_sensitive``, and the Composition says how
    many resources were. The same input gives the same bytes.
    """
    patient, *rows = (relative(row, server_urls) for row in (patient, *resources))
    shown, withheld = [row for row in rows if not is_of_another(row, key_of(patient))], set[str]()
    if not include_sensitive:
        shown, withheld = split_withheld(shown)
    rows = [without_references(row, withheld) for row in shown] if withheld else shown
    by_key = {key_of(row): row for row in rows} | {key_of(patient): patient}
    book = _Book(names, language, by_key)
    sections = [_section(book, group) for group in GROUPS]
    listed = [by_key[key] for key in _entries(sections)]
    supporting = list(_supporting(listed, by_key))
    authors = _authors(listed, patient)
    composition = _composition(book, patient, sections, now=now, withheld=len(withheld), authors=authors)
    return _bundle(book, [composition, *listed, *supporting], now, base_url)


def _section(book: _Book, group: Group) -> Resource:
    if group is VISITS:
        parts = [_visit_section(book, encounter) for encounter in _visits(book)]
        return _filled(book, group.code, group.title(book.language), [], parts)
    entries = [row for kind in group.types for row in _of_type(book, kind) if visit_of(row) is None]
    return _filled(book, group.code, group.title(book.language), entries, [])


def _visits(book: _Book) -> list[Resource]:
    """Encounters, newest first."""
    rows = _of_type(book, "Encounter")
    return sorted(rows, key=lambda row: (row.get("period", {}).get("start", ""), row["id"]), reverse=True)


def _visit_section(book: _Book, encounter: Resource) -> Resource:
    key = key_of(encounter)
    ranked = [row.get("condition", {}).get("reference") for row in encounter.get("diagnosis", ())]
    entries = [row for kind in VISIT_TYPES for row in _of_type(book, kind) if visit_of(row) == key]
    entries.sort(key=lambda row: _place(key_of(row), ranked))
    title = narrative.visit_title(encounter, book.by_key, book.language)
    return _filled(book, "visit", title, [encounter, *entries], [])


def _place(key: str, ranked: list[str]) -> int:
    """Diagnoses first, as the visit ranks them; the rest keeps its order."""
    return ranked.index(key) if key in ranked else len(ranked)


def _filled(book: _Book, code: str, title: str, entries: list[Resource], parts: list[Resource]) -> Resource:
    section: Resource = {"title": title, "code": book.coding(code)}
    section["text"] = narrative.section(title, entries, len(parts), book.language)
    if entries:
        section["entry"] = [{"reference": key_of(row)} for row in entries]
    if parts:
        section["section"] = parts
    if not entries and not parts:
        section["emptyReason"] = {
            "coding": [{"system": Hl7.LIST_EMPTY_REASON, "code": "unavailable", "display": "Unavailable"}]
        }
    return section


def _of_type(book: _Book, kind: str) -> list[Resource]:
    rows = (row for row in book.by_key.values() if row["resourceType"] == kind)
    return sorted(rows, key=lambda row: str(row["id"]))


def _entries(sections: Iterable[Resource]) -> Iterator[str]:
    for section in sections:
        yield from (entry["reference"] for entry in section.get("entry", ()))
        yield from _entries(section.get("section", ()))


def _supporting(listed: list[Resource], by_key: Mapping[str, Resource]) -> Iterator[Resource]:
    """Organizations, practitioners and the like that the listed resources lead to, each once, in order of mention."""
    seen = {key_of(row) for row in listed}
    queue = list(listed)
    while queue:
        for key in references(queue.pop(0)):
            target = by_key.get(key)
            if target is not None and key not in seen and target["resourceType"] in SUPPORTING_TYPES:
                seen.add(key)
                queue.append(target)
                yield target


def _authors(listed: list[Resource], patient: Resource) -> list[Resource]:
    """The facilities that told the book's content; the patient when there is none yet."""
    providers = (
        row.get("serviceProvider", {}).get("reference") for row in listed if row["resourceType"] == "Encounter"
    )
    keys = dict.fromkeys(key for key in providers if key)
    return [{"reference": key} for key in keys] or [{"reference": key_of(patient)}]


def _composition(
    book: _Book, patient: Resource, sections: list[Resource], *, now: str, withheld: int, authors: list[Resource]
) -> Resource:
    title = TITLE[book.language]
    composition: Resource = {
        "resourceType": "Composition",
        "id": hashlib.sha256(f"{key_of(patient)} {now}".encode()).hexdigest()[:40],
        "meta": {"profile": [book.names.profile("health-book-composition")]},
        "language": book.language,
        "text": narrative.book(title, patient, withheld, book.language),
    }
    if withheld:
        composition["extension"] = [{"url": book.names.extension("withheld"), "valueInteger": withheld}]
    return composition | {
        "status": "final",
        "type": {"coding": [{"system": Hl7.LOINC, "code": "60591-5", "display": "Patient summary Document"}]},
        "subject": {"reference": key_of(patient)},
        "date": now,
        "author": authors,
        "title": title,
        "confidentiality": "R" if any(map(is_labelled, book.by_key.values())) else "N",
        "section": sections,
    }


def _bundle(book: _Book, resources: list[Resource], now: str, base_url: str) -> Resource:
    entries = [{"fullUrl": f"{base_url}/{key_of(row)}", "resource": row} for row in resources]
    digest = hashlib.sha256(encode({"entry": entries})).hexdigest()
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [book.names.profile("health-book-bundle")]},
        "identifier": {"system": book.names.sid("document"), "value": digest},
        "type": "document",
        "timestamp": now,
        "entry": entries,
    }
