"""Invariants: FHIRPath expressions that must hold for an object, compiled once.

https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from conformance.definitions import Constraint, StructureType, type_of
from conformance.fhirpath import FhirPathError
from conformance.fhirpath.corrections import corrected
from conformance.issues import Severity
from profiles import messages
from profiles.validation.expressions import Expressions, Verdict
from profiles.validation.findings import Findings, graded, quoted
from profiles.validation.native import NATIVE, NATIVELY_ELSEWHERE
from profiles.validation.node import Concerns, Whole, always
from profiles.validation.profiled.checks import ItemCheck
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.specs import Spec
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures

_BEST_PRACTICE = "http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice"
_SEVERITIES = {"error": Severity.ERROR, "warning": Severity.WARNING}


class Rule(NamedTuple):
    """An invariant ready to be asked."""

    key: str
    human: str
    severity: Severity
    is_best_practice: bool
    source: str
    holds: Callable[[Any, str, Any, Scope], Verdict]
    concerns: Concerns = always

    def told(self, verdict: Verdict, scope: Scope) -> Findings:
        """The finding of an invariant that does not hold or could not be evaluated."""
        severity = scope.session.options.best_practice if self.is_best_practice else self.severity
        if verdict is None:
            return graded(Severity.INFORMATION, messages.INVARIANT_NOT_EVALUATED, key=self.key, human=self.human)
        return graded(severity, messages.INVARIANT, key=self.key, human=quoted(self.human))


class Invariants:
    """The invariants of types and of profiles; an expression that does not compile is reported where it is used."""

    def __init__(self, structures: Structures, expressions: Expressions, *, structure_only: bool) -> None:
        self._structures = structures
        self._structure_only = structure_only
        self._expressions = expressions

    def of_type(self, structure: StructureType) -> Iterator[Whole]:
        """Checks of the objects of a type, with those that its base types state."""
        current: StructureType | None = structure
        while current is not None:
            yield from self.of_object(current.constraints, structure.name)
            current = self._structures.find(type_of(current.base)) if current.base else None

    def of_object(self, constraints: tuple[Constraint, ...], type_name: str) -> Iterator[Whole]:
        """Checks of objects by constraints that a structure of the specification states."""
        for constraint in () if self._structure_only else constraints:
            if constraint.key in NATIVELY_ELSEWHERE:
                continue
            rule = self._rule(
                constraint.key, constraint.severity, constraint.human, constraint.expression, type_name=type_name
            )
            if rule is not None:
                yield _whole(rule, type_name)

    def of_spec(self, spec: Spec) -> Iterator[ItemCheck]:
        """Checks of items by the constraints that profiles state; those of types are checked with the types."""
        for raw in () if self._structure_only else spec.raw.get("constraint", ()):
            source = str(raw.get("source", spec.profile.url))
            if self._structures.is_core(source) or raw.get("key") in NATIVELY_ELSEWHERE:
                continue
            marks = [entry.get("valueBoolean") for entry in raw.get("extension", ()) if entry["url"] == _BEST_PRACTICE]
            rule = self._rule(
                str(raw.get("key", "")),
                str(raw.get("severity", "error")),
                str(raw.get("human", "")),
                str(raw.get("expression", "")),
                is_best_practice=any(marks),
                source=source,
            )
            if rule is not None:
                yield _of_item(rule)

    def _rule(
        self,
        key: str,
        severity: str,
        human: str,
        expression: str,
        *,
        type_name: str = "",
        is_best_practice: bool = False,
        source: str = "",
    ) -> Rule | None:
        native = NATIVE.get((key, expression))
        if native is not None:
            return Rule(key, human, _SEVERITIES[severity], is_best_practice, source, *native)
        if not expression:
            return None
        try:
            holds = self._expressions.condition(corrected(expression), type_name)
        except FhirPathError:
            holds = _unknown
        return Rule(key, human, _SEVERITIES.get(severity, Severity.ERROR), is_best_practice, source, holds)


def _unknown(value: Any, type_name: str, twin: Any, scope: Scope) -> Verdict:  # noqa: ARG001
    return None


def _whole(rule: Rule, type_name: str) -> Whole:
    holds = rule.holds

    def check(value: dict[str, Any], scope: Scope) -> Findings:
        verdict = holds(value, type_name, None, scope)
        return None if verdict else rule.told(verdict, scope)

    return Whole(check, rule.concerns)


def _of_item(rule: Rule) -> ItemCheck:
    holds = rule.holds

    def check(item: Item, scope: Scope) -> Findings:
        verdict = holds(item.value, item.type, item.twin, scope)
        return None if verdict else rule.told(verdict, scope)

    return check


def is_marked_best_practice(raw: Mapping[str, Any]) -> bool:
    """Whether a constraint is only a recommendation."""
    return any(entry.get("valueBoolean") for entry in raw.get("extension", ()) if entry.get("url") == _BEST_PRACTICE)
