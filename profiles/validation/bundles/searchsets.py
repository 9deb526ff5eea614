"""Search results: each resource has an id and is of the type that was asked for.

https://hl7.org/fhir/R4/search.html#return
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from profiles import messages
from profiles.validation.findings import Findings, joined, one, under
from profiles.validation.scope import Scope, objects


def check_searchset(bundle: dict[str, Any], scope: Scope) -> Findings:
    """What is wrong with the entries of a searchset."""
    expected = _asked_for(bundle)
    found: Findings = None
    for position, entry in enumerate(scope.index_of(bundle).entries):
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            continue
        search = entry.get("search")
        problem = _entry(resource, search.get("mode") if isinstance(search, dict) else None, expected)
        if problem:
            found = joined(found, under("entry", under(position, under("resource", problem))))
    return found


def _entry(resource: dict[str, Any], mode: Any, expected: frozenset[str]) -> Findings:
    type_name = str(resource.get("resourceType"))
    if mode == "outcome":
        return None if type_name == "OperationOutcome" else one(messages.NO_OUTCOME, found=type_name)
    found: Findings = None
    if "id" not in resource and (type_name != "OperationOutcome" or mode == "match"):
        found = one(messages.RESULT_WITHOUT_ID)
    if mode == "match" and expected and type_name not in expected:
        params = {"found": type_name, "expected": ", ".join(sorted(expected))}
        found = joined(found, one(messages.RESULT_OF_OTHER_TYPE, **params))
    return found


def _asked_for(bundle: dict[str, Any]) -> frozenset[str]:
    """The types of matches by the self link; empty when it does not tell."""
    for link in objects(bundle.get("link")):
        if link.get("relation") == "self" and isinstance(link.get("url"), str):
            return _types(link["url"])
    return frozenset()


def _types(url: str) -> frozenset[str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return frozenset()
    stated = ",".join(parse_qs(parts.query).get("_type", ()))
    last = parts.path.rstrip("/").rpartition("/")[2]
    if stated:
        return frozenset(stated.split(","))
    return frozenset((last,)) if last[:1].isupper() and last.isalpha() else frozenset()
