"""ValueSet: systems are absolute and codes belong to them. https://hl7.org/fhir/R4/valueset.html#compositions"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted, under
from profiles.validation.scope import Scope, objects
from terminology.membership import ValueSets


class ValueSetRules:
    """A WholeCheck of ValueSets."""

    def __init__(self, value_sets: ValueSets) -> None:
        self._value_sets = value_sets

    def __call__(self, resource: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG002 - a WholeCheck
        """What is wrong with the parts that a value set is composed of."""
        compose = resource.get("compose")
        if not isinstance(compose, dict):
            return None
        found: Findings = None
        for name in ("include", "exclude"):
            for position, part in enumerate(objects(compose.get(name))):
                problem = self._part(part)
                if problem:
                    found = joined(found, under("compose", under(name, under(position, problem))))
        return found

    def _filters(self, part: dict[str, Any], system: str) -> Findings:
        """Filters by a property whose values are Codings name the system as well."""
        found: Findings = None
        for position, entry in enumerate(objects(part.get("filter"))):
            kind = self._value_sets.property_type(system, str(entry.get("property")))
            value = entry.get("value")
            if kind == "Coding" and entry.get("op") == "=" and isinstance(value, str) and "#" not in value:
                problem = one(messages.FILTER_VALUE, "filter", position, "value", value=quoted(value))
                found = joined(found, problem)
        return found

    def _part(self, part: dict[str, Any]) -> Findings:
        system = part.get("system")
        if not isinstance(system, str):
            return None
        if ":" not in system:
            return one(messages.SYSTEM_RELATIVE, "system", system=quoted(system))
        content = self._value_sets.system(system)
        found = self._filters(part, system)
        if content is None or not content.is_complete or part.get("version") not in (None, content.version):
            return found
        for position, concept in enumerate(objects(part.get("concept"))):
            code = concept.get("code")
            if isinstance(code, str) and content.folded(code) not in content.displays:
                params = {"code": quoted(code), "system": quoted(system)}
                found = joined(found, one(messages.CODE_UNKNOWN, "concept", position, "code", **params))
        return found
