"""Where an extension may stand. https://hl7.org/fhir/R4/defining-extensions.html#context"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

from conformance.fhirpath import FhirPathError
from profiles import messages
from profiles.validation.expressions import Condition, Expressions
from profiles.validation.findings import Finding, Findings, one, quoted
from profiles.validation.profiled.specs import Profile
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures

#: Published contexts that the specification's own resources do not keep to.
_CORRECTED = {
    "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type": "ElementDefinition.type",
    "http://hl7.org/fhir/StructureDefinition/regex": "ElementDefinition.type",
}
_ANYWHERE = frozenset({"Element", "Base"})


#: What is wrong with an extension where it stands in the resource of a scope.
ContextCheck: TypeAlias = Callable[[Scope], Findings]


class Contexts:
    """Checks the stated contexts of extensions."""

    def __init__(self, structures: Structures, expressions: Expressions) -> None:
        self._structures = structures
        self._expressions = expressions

    def checks(self, profile: Profile, owner: str) -> tuple[ContextCheck, ...]:
        """What is asked of an extension in objects of type or path ``owner``: nothing where its contexts fit."""
        contexts: list[Mapping[str, Any]] = [e for e in profile.raw.get("context", ()) if isinstance(e, dict)]
        if profile.url in _CORRECTED:
            contexts.append({"type": "element", "expression": _CORRECTED[profile.url]})
        found = tuple(self._invariants(profile, owner))
        if not contexts or self._fits(contexts, owner):
            return found
        text = ", ".join(str(entry.get("expression")) for entry in contexts)
        params = {"url": quoted(profile.url), "allowed": quoted(text)}
        return (*found, partial(self._misplaced, contexts, params))

    def _misplaced(self, contexts: list[Mapping[str, Any]], params: Mapping[str, object], scope: Scope) -> Findings:
        wrong = Finding(messages.EXTENSION_MISPLACED, params)
        wrong.confirm = partial(self._is_misplaced, contexts, scope)
        return [wrong]

    def _fits(self, contexts: list[Mapping[str, Any]], owner: str) -> bool:
        """The quick answer, by the type of the object alone."""
        for entry in contexts:
            kind, expression = entry.get("type"), str(entry.get("expression"))
            if kind == "element" and (
                expression in _ANYWHERE or expression == owner or self._structures.is_a(owner, expression)
            ):
                return True
        return False

    def _invariants(self, profile: Profile, owner: str) -> Iterator[ContextCheck]:
        """The context invariants, where the object that holds the extension is at hand: the resource."""
        if owner in ("Extension", "Element") or "." in owner or not self._structures.is_resource(owner):
            return
        for expression in profile.raw.get("contextInvariant", ()):
            try:
                holds = self._expressions.condition(str(expression))
            except FhirPathError:
                continue
            params = {"url": quoted(profile.url), "expression": quoted(expression)}
            yield partial(_unless, holds, owner, params)

    def _is_misplaced(self, contexts: list[Mapping[str, Any]], scope: Scope, steps: list[str | int]) -> bool:
        """The whole answer, by the way to the extension."""
        names, parents, holder = self._names(steps, scope)
        for entry in contexts:
            kind, expression = entry.get("type"), str(entry.get("expression"))
            if kind == "element" and self._is_at(expression, names):
                return False
            if kind == "extension" and expression in parents:
                return False
            if kind == "fhirpath" and self._selects(expression, holder, scope):
                return False
        return True

    def _is_at(self, expression: str, names: set[str]) -> bool:
        profile, mark, path = expression.partition("#")
        if mark or ":" in expression:
            known = self._structures.type_of(profile)
            return known is None or (path or known) in names
        return any(expression == name or self._structures.is_a(name, expression) for name in names)

    def _names(self, steps: list[str | int], scope: Scope) -> tuple[set[str], set[str], Any]:
        """Types and paths of the object that holds the extension, the url of the extension around it, and itself."""
        value: Any = _outermost(scope).resource
        names = {str(value.get("resourceType"))}
        parents: set[str] = set()
        for step in _to_holder(steps):
            value = _below(value, step)
            if isinstance(value, dict) and "resourceType" in value:
                names = {str(value["resourceType"])}
            elif isinstance(step, str):
                names = set(self._step(names, step.partition(".ofType(")[0]))
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, dict):
            if "resourceType" in value:
                names = {str(value["resourceType"])}
            parents.add(str(value.get("url")))
        return names, parents, value

    def _selects(self, expression: str, holder: Any, scope: Scope) -> bool:
        """Whether the object that holds the extension is among what an expression selects."""
        try:
            return any(value is holder for value in self._expressions.selected(expression, scope))
        except FhirPathError:
            return True

    def _step(self, names: set[str], step: str) -> Iterator[str]:
        for name in names:
            yield f"{name}.{step}"
            yield f"{name}.{step}[x]"
            element = self._structures.element(name, step)
            if element is not None:
                yield element.path
                yield from (ref.code for ref in element.types)
                if element.content_reference:
                    yield element.content_reference


def _unless(holds: Condition, owner: str, params: Mapping[str, object], scope: Scope) -> Findings:
    if holds(scope.resource, owner, None, scope) is False:
        return one(messages.EXTENSION_CONTEXT_INVARIANT, **params)
    return None


def _outermost(scope: Scope) -> Scope:
    around = scope.root
    while around.outer is not None:
        around = around.outer.root
    return around


def _to_holder(steps: list[str | int]) -> list[str | int]:
    """The steps without the last ``extension[0]``, primitives by their own name."""
    last = max((place for place, step in enumerate(steps) if step in ("extension", "modifierExtension")), default=0)
    return [step.removeprefix("_") if isinstance(step, str) else step for step in steps[:last]]


def _below(value: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else None
    if not isinstance(value, dict):
        return None
    name, mark, rest = step.partition(".ofType(")
    if mark:
        name += rest[:1].upper() + rest[1:].removesuffix(")")
    found = value.get(name)
    return found if found is not None else value.get(f"_{name}")
