"""Canonical references: what is known by the URL is of a type that the element allows.

https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, one, quoted
from profiles.validation.node import ItemCheck
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures


def canonical_check(targets: tuple[str, ...], structures: Structures) -> ItemCheck | None:
    """The check of one canonical; None when any type will do."""
    allowed = frozenset(targets)
    if not allowed or "Resource" in allowed or not all(map(structures.is_resource, allowed)):
        return None
    text = ", ".join(targets)

    def check(item: Any, scope: Scope) -> Findings:  # noqa: ARG001 - an ItemCheck
        if not isinstance(item, str) or item.startswith("#"):
            return None
        found = structures.canonical_types(item.partition("#")[0])
        if not found or found & allowed:
            return None
        params = {"canonical": quoted(item), "found": ", ".join(sorted(found)), "allowed": text}
        return one(messages.CANONICAL_OF_OTHER_TYPE, **params)

    return check
