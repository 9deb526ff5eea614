"""Canonicals: what is known by the URL is of a type that the element allows, and a resource's own URL is absolute.

https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from typing import Any

from conformance.messages import RELATIVE_CANONICAL
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


def check_own_url(item: Any, scope: Scope) -> Findings:  # noqa: ARG001 - an ItemCheck
    """The url by which a definitional resource is known everywhere."""
    if not isinstance(item, str) or ":" in item:
        return None
    return one(RELATIVE_CANONICAL, value=quoted(item))
