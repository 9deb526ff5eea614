"""Documents and messages: what the first entry refers to is there, and all entries hang together.

https://hl7.org/fhir/R4/documents.html#content, https://hl7.org/fhir/R4/messaging.html
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from conformance.issues import Severity
from profiles import messages
from profiles.validation.addresses import Address
from profiles.validation.bundle_index import BundleIndex
from profiles.validation.bundles.links import references_in
from profiles.validation.findings import Findings, graded, joined, one, quoted
from profiles.validation.scope import Scope, objects

#: References of a Composition or a MessageHeader that its Bundle must hold.
_SINGLE = {"Composition": ("subject", "encounter", "custodian"), "MessageHeader": ()}
_SEVERAL = {"Composition": ("author",), "MessageHeader": ("focus",)}


def check_document(bundle: dict[str, Any], scope: Scope) -> Findings:
    """What is wrong between the first entry and the others."""
    index = scope.index_of(bundle)
    first = index.entries[0].get("resource") if index.entries else None
    if not isinstance(first, dict):
        return one(messages.NO_FIRST_ENTRY, type=quoted(str(bundle.get("type"))))
    is_document = bundle.get("type") == "document"
    found: Findings = None
    if first.get("resourceType") == ("Composition" if is_document else "MessageHeader"):
        found = _first_entry(first, index)
    severity = Severity.ERROR if is_document else Severity.WARNING
    sheets, lost = _stylesheets(bundle, index) if is_document else (set(), None)
    return joined(joined(found, lost), _unreached(index, {0, *sheets}, severity))


def _stylesheets(bundle: dict[str, Any], index: BundleIndex) -> tuple[set[int], Findings]:
    """The entries that links name as stylesheets, and what is wrong with those that name none."""
    places = {_name(entry.get("resource")): position for position, entry in enumerate(index.entries)}
    found: Findings = None
    reached: set[int] = set()
    for position, link in enumerate(objects(bundle.get("link"))):
        url = link.get("url")
        if link.get("relation") != "stylesheet" or not isinstance(url, str) or ":" in url:
            continue
        if url in places:
            reached.add(places[url])
        else:
            found = joined(found, one(messages.NOT_IN_DOCUMENT, "link", position, "url", reference=quoted(url)))
    return reached, found


def _name(resource: Any) -> str:
    """Type and id, as a relative reference has them."""
    return f"{resource.get('resourceType')}/{resource.get('id')}" if isinstance(resource, dict) else ""


def _first_entry(first: dict[str, Any], index: BundleIndex) -> Findings:
    found: Findings = None
    url = index.entries[0].get("fullUrl")
    for steps, reference in _references(first):
        if reference.startswith("#"):
            continue
        places = index.find(Address.of(reference), url if isinstance(url, str) else None)
        place = ("entry", 0, "resource", *steps)
        if not places:
            found = joined(found, one(messages.NOT_IN_DOCUMENT, *place, reference=quoted(reference)))
        elif len(places) > 1:
            params = {"reference": quoted(reference), "count": len(places)}
            found = joined(found, one(messages.SEVERAL_IN_DOCUMENT, *place, **params))
    return found


def _references(first: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for name in _SINGLE[first["resourceType"]]:
        yield from _of((name,), first.get(name))
    for name in _SEVERAL[first["resourceType"]]:
        yield from _all_of((), name, first)
    if first["resourceType"] == "Composition":
        for position, attester in enumerate(objects(first.get("attester"))):
            yield from _of(("attester", position, "party"), attester.get("party"))
        for position, event in enumerate(objects(first.get("event"))):
            yield from _all_of(("event", position), "detail", event)
        yield from _sections((), first)


def _sections(steps: tuple[str | int, ...], holder: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for position, section in enumerate(objects(holder.get("section"))):
        inside = (*steps, "section", position)
        yield from _all_of(inside, "author", section)
        yield from _all_of(inside, "entry", section)
        yield from _of((*inside, "focus"), section.get("focus"))
        yield from _sections(inside, section)


def _all_of(
    steps: tuple[str | int, ...], name: str, holder: dict[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for position, value in enumerate(objects(holder.get(name))):
        yield from _of((*steps, name, position), value)


def _of(steps: tuple[str | int, ...], value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    reference = value.get("reference") if isinstance(value, dict) else None
    if isinstance(reference, str):
        yield steps, reference


def _unreached(index: BundleIndex, seen: set[int], severity: Severity) -> Findings:
    """Entries that no chain of references, forward or backward, joins with those that are seen anyway."""
    joins = _joins(index)
    waiting = list(seen)
    while waiting:
        for target in joins[waiting.pop()] - seen:
            seen.add(target)
            waiting.append(target)
    found: Findings = None
    for position, entry in enumerate(index.entries):
        if position not in seen:
            url = quoted(entry.get("fullUrl", ""))
            found = joined(found, graded(severity, messages.ENTRY_UNREACHED, "entry", position, url=url))
    return found


def _joins(index: BundleIndex) -> list[set[int]]:
    """For each entry those that it refers to, and those that refer to it."""
    joins: list[set[int]] = [set() for _ in index.entries]
    joined_already: set[int] = set()
    for position, entry in enumerate(index.entries):
        resource, url = entry.get("resource"), entry.get("fullUrl")
        for reference in references_in(resource) if isinstance(resource, dict) else ():
            targets = index.find(Address.of(reference), url if isinstance(url, str) else None)
            if targets:
                _join(joins, position, targets[0])
            if len(targets) > 1 and id(targets) not in joined_already:
                joined_already.add(id(targets))  # whoever refers to one of them refers to all
                for one_target, other in pairwise(targets):
                    _join(joins, one_target, other)
    return joins


def _join(joins: list[set[int]], position: int, other: int) -> None:
    joins[position].add(other)
    joins[other].add(position)
