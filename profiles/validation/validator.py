"""Validation of a resource against its type and against profiles.

https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from conformance.definitions import Definitions
from conformance.issues import Issue
from profiles import messages
from profiles.validation.compiler import Compiler
from profiles.validation.findings import QUOTED, Finding, issues_of, json_kind
from profiles.validation.options import DEFAULT, Options
from profiles.validation.resources import node_of
from profiles.validation.scope import Scope, Session
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
        options: Options = DEFAULT,
    ) -> None:
        self._structures = Structures(definitions, extra)
        self._value_sets = value_sets
        self._options = options
        self._compilers: dict[bool, Compiler] = {}

    def validate(self, resource: Any, profiles: Sequence[str] = (), options: Options | None = None) -> list[Issue]:
        """All issues of a resource by its type, the profiles that it claims and those given; empty when valid."""
        session = Session(options or self._options)
        try:
            findings = list(self._findings(resource, profiles, session))
        except RecursionError:
            findings = [Finding(messages.TOO_DEEP)]
        return issues_of(findings, _root(resource)) if findings else []

    def _compiler(self, *, structure_only: bool) -> Compiler:
        """Check trees for one or the other, so that what is not asked costs nothing."""
        if structure_only not in self._compilers:
            self._compilers[structure_only] = Compiler(
                self._structures, self._value_sets, structure_only=structure_only
            )
        return self._compilers[structure_only]

    def _findings(self, resource: Any, profiles: Sequence[str], session: Session) -> Iterator[Finding]:
        if not isinstance(resource, dict):
            yield Finding(messages.NOT_AN_OBJECT, {"type": ANY_RESOURCE, "found": json_kind(resource)})
            return
        compiler = self._compiler(structure_only=session.options.structure_only)
        node, found = node_of(resource, compiler.resource_node)
        if node is None:
            yield from found or ()
            return
        scope = Scope(resource, session=session)
        yield from compiler.check_resource(resource, scope) or ()
        for canonical in profiles:
            yield from compiler.claims.against(canonical, resource, scope) or ()


def _root(resource: Any) -> str:
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    if isinstance(name, str) and len(name) <= QUOTED and name.isascii() and name.isidentifier():
        return name
    return ANY_RESOURCE
