"""ConceptMap: the codes that are mapped belong to the value sets that are named. https://hl7.org/fhir/R4/conceptmap.html"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted
from profiles.validation.scope import Scope, objects
from terminology.membership import Membership, ValueSets


class ConceptMaps:
    """A WholeCheck of ConceptMaps."""

    def __init__(self, value_sets: ValueSets) -> None:
        self._value_sets = value_sets

    def __call__(self, resource: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG002 - a WholeCheck
        """Codes that are not in the value set of their side."""
        source, target = _value_set(resource, "source"), _value_set(resource, "target")
        found: Findings = None
        for position, group in enumerate(objects(resource.get("group"))):
            for place, element in enumerate(objects(group.get("element"))):
                at = ("group", position, "element", place)
                found = joined(found, self._code(element, group.get("source"), source, at))
                for number, part in enumerate(objects(element.get("target"))):
                    found = joined(found, self._code(part, group.get("target"), target, (*at, "target", number)))
        return found

    def _code(self, holder: dict[str, Any], system: Any, value_set: str, at: tuple[str | int, ...]) -> Findings:
        code = holder.get("code")
        if not value_set or not isinstance(code, str) or not isinstance(system, str):
            return None
        if self._value_sets.membership(value_set, system, code) is not Membership.NO:
            return None
        params = {"code": quoted(f"{system}|{code}"), "value_set": quoted(value_set), "strength": "ConceptMap"}
        return one(messages.CODE_NOT_IN_SET, *at, "code", **params)


def _value_set(resource: dict[str, Any], side: str) -> str:
    stated = resource.get(f"{side}Canonical") or resource.get(f"{side}Uri")
    return stated if isinstance(stated, str) else ""
