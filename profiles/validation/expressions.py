"""Compiled FHIRPath conditions, as the validator asks them. https://hl7.org/fhir/R4/fhirpath.html"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from conformance.definitions import Definitions
from conformance.fhirpath import Environment, Expression, FhirPathError, Node
from conformance.fhirpath import compile as compile_expression
from profiles.validation.bindings import coded_membership
from profiles.validation.profiled.items import Item
from profiles.validation.scope import Scope
from terminology.membership import Membership, ValueSets

#: Whether a condition holds; None when it could not be evaluated.
Verdict: TypeAlias = bool | None
Condition: TypeAlias = Callable[[Any, str, Any, Scope], Verdict]

#: Whether an item meets a profile, None when the profile is unknown.
Conforms: TypeAlias = Callable[[Item, str, Scope], bool | None]

#: Besides what is not defined, a value that is no FHIR at all, which the structure tells about.
_NOT_EVALUATED = (FhirPathError, AttributeError, KeyError, TypeError, ValueError)

_ANSWERS = {Membership.YES: True, Membership.NO: False, Membership.UNKNOWN: None}


class Expressions:
    """Conditions by their text, each compiled once, and the environment in which they are asked."""

    def __init__(self, definitions: Definitions, value_sets: ValueSets) -> None:
        self._definitions = definitions
        self._value_sets = value_sets
        self.conforms: Conforms | None = None
        """Set once the profiles can be asked, which themselves have conditions."""

    def condition(self, expression: str, type_name: str = "") -> Condition:
        """The condition on values of a type: only what is true holds, an empty answer does not.

        Raises FhirPathError when it cannot be compiled. https://hl7.org/fhir/R4/conformance-rules.html#constraints
        """
        by_type = {type_name: compile_expression(expression, self._definitions, type_name)}

        def holds(value: Any, actual: str, twin: Any, scope: Scope) -> Verdict:
            compiled = by_type.get(actual) or self._of_type(expression, actual, by_type)
            is_plain = bool(compiled.type) and value is not None and twin is None
            try:
                if is_plain and compiled.is_local:
                    return compiled.as_bool(value)
                focus = value if is_plain and value.__class__ is dict else Node(value, actual, twin)
                return self._verdict(compiled, focus, scope)
            except _NOT_EVALUATED:
                return None

        return holds

    def _verdict(self, compiled: Expression, focus: Any, scope: Scope) -> Verdict:
        """None where what is not known might have made it hold."""
        session = scope.session
        doubts, unresolved = session.doubts, session.unresolved
        truth = compiled.truth(focus, self._environment(scope))
        is_doubtful = session.doubts > doubts or (truth is None and session.unresolved > unresolved)
        return None if is_doubtful and not truth else truth is True

    def _of_type(self, expression: str, type_name: str, by_type: dict[str, Expression]) -> Expression:
        """The expression for values of a type, each compiled once; names of types are those of the definitions."""
        known = type_name if self._definitions.find_structure(type_name) else ""
        if known not in by_type:
            by_type[known] = compile_expression(expression, self._definitions, known)
        return by_type[known]

    def selected(self, expression: str, scope: Scope) -> list[Any]:
        """The values that an expression selects from the resource. Raises FhirPathError."""
        compiled = compile_expression(expression, self._definitions)
        return [node.value for node in compiled.evaluate(scope.resource, self._environment(scope))]

    def _environment(self, scope: Scope) -> Environment:
        """A new one each time: a scope that kept it would hold itself, and with it the resource, until a collection."""
        return Environment(
            resource=scope.resource,
            root=scope.root.resource,
            resolve=partial(_resolved, scope),
            member_of=partial(self._is_member, scope),
            conforms_to=partial(self._conforms_to, scope),
        )

    def _is_member(self, scope: Scope, canonical: str, node: Node) -> bool | None:
        return _noted(_ANSWERS[coded_membership(node.value, node.type, canonical, self._value_sets)], scope)

    def _conforms_to(self, scope: Scope, canonical: str, node: Node) -> bool | None:
        if self.conforms is None:
            return None
        return _noted(self.conforms(Item(node.value, node.type, node.twin), canonical, scope), scope)


def _noted(answer: bool | None, scope: Scope) -> bool | None:
    scope.session.doubts += answer is None
    return answer


def _resolved(scope: Scope, reference: str) -> dict[str, Any] | None:
    target = scope.resolve(reference)
    if target is None:
        scope.session.unresolved += 1
        return None
    return target.resource
