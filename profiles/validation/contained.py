"""Contained resources are referred to, or refer to what contains them (dom-3).

https://hl7.org/fhir/R4/references.html#contained
"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted
from profiles.validation.scope import Scope, objects


def check_contained(resource: dict[str, Any], scope: Scope) -> Findings:
    """Contained resources that stand alone; extensions and canonicals may refer to them as well."""
    inner = objects(resource.get("contained"))
    options = scope.session.options
    if not inner or options.structure_only or not options.check_contained or scope.container is not None:
        return None
    named = _fragments(resource)
    found: Findings = None
    for position, contained in enumerate(inner):
        name = contained.get("id")
        if isinstance(name, str) and name not in named and "" not in _fragments(contained):
            found = joined(found, one(messages.CONTAINED_UNUSED, "contained", position, id=quoted(name)))
    return found


def _fragments(value: dict[str, Any]) -> set[str]:
    """What follows ``#`` in all strings that begin with it, in references, canonicals and uris."""
    found: set[str] = set()
    stack: list[Any] = [value]
    while stack:
        current = stack.pop()
        for part in current.values() if isinstance(current, dict) else current:
            if isinstance(part, str):
                if part[:1] == "#":
                    found.add(part[1:])
            elif isinstance(part, dict | list):
                stack.append(part)
    return found
