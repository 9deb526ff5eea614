"""ElementDefinition: its expressions can be read, its values and binding suit its types.

https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from typing import Any

from conformance.fhirpath import FhirPathError
from conformance.fhirpath import compile as compile_expression
from conformance.fhirpath.messages import BAD_PATTERN
from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted
from profiles.validation.profiled.specs import Profile
from profiles.validation.scope import objects
from profiles.validation.structures import Structures

_VALUES = ("fixed", "pattern")

#: Types that a binding may be about, and those that derive from them.
_CODED = ("code", "Coding", "CodeableConcept", "Quantity", "string", "uri", "Extension")


class ElementDefinitions:
    """Checks of one element of a differential, beside what its base says of it."""

    def __init__(self, structures: Structures) -> None:
        self._structures = structures

    def __call__(self, element: dict[str, Any], base: Profile | None) -> Findings:
        """What is wrong with the element by itself and by its types."""
        found = self._expressions(element)
        types = _types(element, base)
        if not types or not all(map(self._structures.is_known_type, types)):
            return found
        return joined(joined(found, self._values(element, types)), self._binding(element, types))

    def _expressions(self, element: dict[str, Any]) -> Findings:
        found: Findings = None
        for position, constraint in enumerate(objects(element.get("constraint"))):
            expression = constraint.get("expression")
            reason = self._unreadable(expression) if isinstance(expression, str) else None
            if reason is not None:
                params = {"key": quoted(constraint.get("key", "")), "reason": quoted(reason)}
                problem = one(messages.EXPRESSION_UNREADABLE, "constraint", position, "expression", **params)
                found = joined(found, problem)
        return found

    def _unreadable(self, expression: str) -> str | None:
        """Why an expression cannot be read; a pattern that only this engine does not take is no defect."""
        try:
            compile_expression(expression, self._structures.definitions)
        except FhirPathError as error:
            told = [issue for issue in error.issues if issue.message is not BAD_PATTERN]
            return told[0].text() if told else None
        return None

    def _values(self, element: dict[str, Any], types: list[str]) -> Findings:
        found: Findings = None
        for key in element:
            kind = next((kind for kind in _VALUES if key.startswith(kind)), "")
            stated = key.removeprefix(kind)
            if not kind or not stated or any(self._is_akin(stated, name) for name in types):
                continue
            params = {"found": quoted(stated), "allowed": ", ".join(types)}
            found = joined(found, one(messages.VALUE_OF_OTHER_TYPE, key, **params))
        return found

    def _is_akin(self, stated: str, name: str) -> bool:
        """Whether ``fixedString`` may state a value of a type: the same, or one of which the other is a kind."""
        forms = (stated, stated[:1].lower() + stated[1:])
        return any(self._structures.is_a(form, name) or self._structures.is_a(name, form) for form in forms)

    def _binding(self, element: dict[str, Any], types: list[str]) -> Findings:
        if "binding" not in element or any(self._structures.is_a(name, coded) for name in types for coded in _CODED):
            return None
        return one(messages.BINDING_OF_NO_CODE, "binding", types=", ".join(types))


def _types(element: dict[str, Any], base: Profile | None) -> list[str]:
    """The type codes of an element, stated or of the base; empty when they are not known."""
    stated = objects(element.get("type"))
    if not stated and base is not None:
        spec = base.element(str(element.get("path")))
        stated = objects(spec.raw.get("type")) if spec is not None else []
    return [str(entry.get("code")) for entry in stated]
