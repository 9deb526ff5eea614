"""Validation of a resource against its type and against profiles.

https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from conformance.definitions import Definitions
from conformance.errors import InvalidContent
from conformance.issues import Issue
from profiles import messages
from profiles.validation.compiler import Compiler
from profiles.validation.findings import QUOTED, Finding, Findings, issues_of, json_kind, one
from profiles.validation.node import Node
from profiles.validation.resources import node_of
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures
from terminology.membership import ValueSets

#: How a location starts when the resource does not name its type.
ANY_RESOURCE = "Resource"


class Validator:
    """Checks decoded resources. Check trees are compiled at first use and kept; safe to share between threads.

    ``extra`` holds StructureDefinitions with a snapshot by canonical, beside those of the definitions.
    """

    def __init__(
        self,
        definitions: Definitions,
        value_sets: ValueSets,
        extra: Mapping[str, dict[str, Any]] = MappingProxyType({}),
    ) -> None:
        self._structures = Structures(definitions, extra)
        self._compiler = Compiler(self._structures, value_sets)

    def validate(self, resource: Any, profiles: Sequence[str] = ()) -> list[Issue]:
        """All issues of a resource by its type and the given profiles, as they were met; empty when it is valid."""
        try:
            findings = list(self._findings(resource, profiles))
        except RecursionError:
            findings = [Finding(messages.TOO_DEEP)]
        return issues_of(findings, _root(resource)) if findings else []

    def _findings(self, resource: Any, profiles: Sequence[str]) -> Iterator[Finding]:
        if not isinstance(resource, dict):
            yield Finding(messages.NOT_AN_OBJECT, {"type": ANY_RESOURCE, "found": json_kind(resource)})
            return
        node, found = node_of(resource, self._compiler.resource_node)
        if node is None:
            yield from found or ()
            return
        scope = Scope(resource)
        yield from node.check(resource, {}, scope) or ()
        for canonical in profiles:
            yield from self._against(canonical, resource, scope) or ()

    def _against(self, canonical: str, resource: dict[str, Any], scope: Scope) -> Findings:
        node, found = self._profile(canonical, resource["resourceType"])
        return found if node is None else node.check(resource, {}, scope)

    def _profile(self, canonical: str, type_name: str) -> tuple[Node | None, Findings]:
        """The check tree of a profile, or why it cannot be applied to this type."""
        try:
            structure = self._structures.find(canonical)
        except InvalidContent as error:
            return None, [Finding(messages.PROFILE_UNUSABLE, {"profile": canonical, "reason": str(error)})]
        if structure is None:
            return None, one(messages.UNKNOWN_PROFILE, profile=canonical)
        if structure.name not in (type_name, "Resource", "DomainResource"):
            return None, one(
                messages.PROFILE_OF_OTHER_TYPE, profile=canonical, expected=structure.name, found=type_name
            )
        return self._compiler.profile_node(structure), None


def _root(resource: Any) -> str:
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    if isinstance(name, str) and len(name) <= QUOTED and name.isascii() and name.isidentifier():
        return name
    return ANY_RESOURCE
