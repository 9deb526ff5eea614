"""Which resources a health book leaves out: default-deny for specially protected data.

The book is not on the closed list of those who may know of a person's HIV status (HIV law, article 30, from secondary
notes). A labelled visit takes everything that hangs on it along, because drugs and free text tell as much as a code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mappers.health_book.references import key_in, key_of, references
from mappers.health_book.sections import UNBOUND_TYPES, VISIT_ELEMENTS
from terminology.names import Hl7

_VISIT = "Encounter/"

#: Codes of ``meta.security`` that keep a resource out of a book unless the reader is entitled to it.
WITHHELD_LABELS = frozenset(
    {
        (Hl7.ACT_CODE, "HIV"),
        (Hl7.ACT_CODE, "PSY"),
        (Hl7.ACT_CODE, "GDIS"),
        (Hl7.ACT_CODE, "SDV"),
        (Hl7.CONFIDENTIALITY, "R"),
        (Hl7.CONFIDENTIALITY, "V"),
    }
)


def visit_of(resource: Mapping[str, Any]) -> str | None:
    """``Encounter/id`` of the first visit that the resource names."""
    return next((text for text in visits_of(resource) if text.startswith(_VISIT)), None)


def visits_of(resource: Mapping[str, Any]) -> Iterator[str]:
    """Every visit that the resource names, as it is written: in an element, or in an extension where R4 has none."""
    if resource["resourceType"] == "Encounter":
        yield key_of(resource)
        return
    named = [resource.get(element) for element in VISIT_ELEMENTS]
    inner = [one for value in named if isinstance(value, Mapping) for one in value.get("encounter", ())]
    told = (extension.get("valueReference") for extension in resource.get("extension", ()))
    for value in (*named, *inner, *told):
        text = str(value.get("reference", "")) if isinstance(value, Mapping) else ""
        if key_in(text).startswith(_VISIT):
            yield text


def is_labelled(resource: Mapping[str, Any]) -> bool:
    """True when ``meta.security`` carries one of the withheld labels."""
    codings = resource.get("meta", {}).get("security", ())
    return any((coding.get("system"), coding.get("code")) in WITHHELD_LABELS for coding in codings)


def split_withheld(resources: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], set[str]]:
    """The resources that may be shown, and the keys of those that may not.

    Withheld is what carries a label, and whatever belongs to a visit that carries one: what names it, the visits that
    are part of it, and what it refers to that names no visit itself, such as its diagnoses. A server has many names, so
    an absolute URL means a visit here when it ends as one.
    """
    rows: Sequence[dict[str, Any]] = list(resources)
    visits = _protected_visits([row for row in rows if row["resourceType"] == "Encounter"])
    meant = {key_in(text) for row in rows if key_of(row) in visits for text in references(row)}
    withheld = {key_of(row) for row in rows if is_labelled(row) or _belongs(row, visits, meant)}
    return [row for row in rows if key_of(row) not in withheld], withheld


def _protected_visits(visits: Sequence[dict[str, Any]]) -> set[str]:
    """The keys of those that carry a label or are part, at any depth, of one that does."""
    found = {key_of(row) for row in visits if is_labelled(row)}
    before = -1
    while before < len(found):
        before = len(found)
        found |= {key_of(row) for row in visits if key_in(str(row.get("partOf", {}).get("reference"))) in found}
    return found


def _belongs(row: dict[str, Any], visits: set[str], meant: set[str]) -> bool:
    named = set(map(key_in, visits_of(row)))
    return bool(named & visits) or (not named and row["resourceType"] in UNBOUND_TYPES and key_of(row) in meant)


def without_references(value: Any, keys: set[str]) -> Any:
    """``value`` with every reference to one of ``keys`` taken out, so that nothing points to what is withheld.

    A list member that loses a reference goes as a whole: ``Encounter.diagnosis`` means nothing without its condition.
    """
    match value:
        case {"reference": str(reference)} if reference in keys:
            return None
        case dict():
            kept = {name: without_references(child, keys) for name, child in value.items()}
            return {name: child for name, child in kept.items() if child not in (None, [])}
        case list():
            return [without_references(child, keys) for child in value if not _points_to(child, keys)]
        case _:
            return value


def _points_to(member: Any, keys: set[str]) -> bool:
    if not isinstance(member, dict):
        return False
    children = (member, *(child for child in member.values() if isinstance(child, dict)))
    return any(child.get("reference") in keys for child in children)
