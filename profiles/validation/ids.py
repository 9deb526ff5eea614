"""Ids of elements are unique inside a resource. https://hl7.org/fhir/R4/element.html"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted
from profiles.validation.node import Rule
from profiles.validation.scope import Scope


def unique_id(rule: Rule) -> Rule:
    """The rule of an element's id, which also tells one that another element of the resource has."""

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        found = rule(item, owner, scope)
        if not isinstance(item, str):
            return found
        if item in scope.element_ids:
            return joined(found, one(messages.ID_TWICE, id=quoted(item)))
        scope.element_ids.add(item)
        return found

    return checked
