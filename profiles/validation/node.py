"""A node of the check tree: everything that is asked of one JSON object.

Nodes are made empty and filled at first use, so that types may contain themselves and only what is met is compiled.
https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from profiles import messages
from profiles.validation.findings import Findings, is_full, joined, json_kind, one, quoted, stopped, under
from profiles.validation.scope import Scope

#: Checks the value of one property: (value, the object that holds it, scope).
Rule: TypeAlias = Callable[[Any, dict[str, Any], Scope], Findings]

#: The quick answer for a single primitive: None when its rule has nothing to say.
Leaf: TypeAlias = Callable[[Any], object]

#: Checks one item of an element after its type: (item, scope). Bindings, fixed values, reference targets.
ItemCheck: TypeAlias = Callable[[Any, Scope], Findings]

#: Checks an object as a whole: (object, scope). Invariants and slicing belong here too.
WholeCheck: TypeAlias = Callable[[dict[str, Any], Scope], Findings]


class Required(NamedTuple):
    """An element that must be present, under its name or one of the alternatives."""

    name: str
    alternatives: tuple[str, ...]
    path: str
    min: int


class Parts(NamedTuple):
    """What a node is filled with."""

    rules: dict[str, Rule]
    """JSON property -> rule; a property that is not here does not exist."""
    leaves: dict[str, Leaf]
    """JSON property of a single primitive -> quick answer."""
    steps: dict[str, str]
    """JSON property -> FHIRPath step, where they differ."""
    required: tuple[Required, ...]
    whole: tuple[WholeCheck, ...]
    is_element: bool
    """True when an id alone is no content (ele-1)."""


class Node:
    """The checks of one type, or of the inside of one element."""

    __slots__ = ("_fill", "is_element", "leaves", "required", "rules", "steps", "type_name", "whole")

    rules: dict[str, Rule]
    leaves: dict[str, Leaf]
    steps: dict[str, str]
    required: tuple[Required, ...]
    whole: tuple[WholeCheck, ...]
    is_element: bool

    def __init__(self, type_name: str, fill: Callable[[], Parts]) -> None:
        self.type_name = type_name
        self._fill: Callable[[], Parts] | None = fill

    def check(self, value: Any, owner: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG002 - the shape of a Rule
        """Everything wrong with ``value`` as this type."""
        if not isinstance(value, dict):
            return not_an_object(value, self.type_name)
        if self._fill is not None:
            self._compile(self._fill)
        rules, leaves = self.rules, self.leaves
        found: Findings = None
        for name, item in value.items():
            leaf = leaves.get(name)
            if leaf is not None and leaf(item) is None:
                continue
            rule = rules.get(name)
            problem = rule(item, value, scope) if rule else self._unknown(name)
            if problem:
                found = joined(found, under(self.steps.get(name) or name, problem))
                if is_full(found):
                    return stopped(found)
        for required in self.required:
            if required.name not in value and not any(map(value.__contains__, required.alternatives)):
                found = joined(found, one(messages.TOO_FEW, path=required.path, min=required.min, found=0))
        for check in self.whole:
            found = joined(found, check(value, scope))
        if len(value) < 2:
            found = joined(found, self._nearly_empty(value))
        return found

    def _compile(self, fill: Callable[[], Parts]) -> None:
        self.rules, self.leaves, self.steps, self.required, self.whole, self.is_element = fill()
        self._fill = None

    def _unknown(self, name: str) -> Findings:
        return one(messages.UNKNOWN_ELEMENT, name=quoted(name), type=self.type_name)

    def _nearly_empty(self, value: dict[str, Any]) -> Findings:
        if not value:
            return one(messages.EMPTY_OBJECT)
        return one(messages.ID_ONLY) if self.is_element and "id" in value else None


def not_an_object(value: Any, type_name: str) -> Findings:
    """Why a value that should be an object is none."""
    if value is None:
        return one(messages.NULL)
    if isinstance(value, list):
        return one(messages.ARRAY_NOT_ALLOWED)
    return one(messages.NOT_AN_OBJECT, type=type_name, found=json_kind(value))


def with_checks(rule: Rule, checks: tuple[ItemCheck, ...]) -> Rule:
    """The rule, followed by further checks of the same item."""
    if not checks:
        return rule

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        found = rule(item, owner, scope)
        if found and not isinstance(item, dict):
            return found
        for check in checks:
            found = joined(found, check(item, scope))
        return found

    return checked


def on_item(check: WholeCheck) -> ItemCheck:
    """The check of an object as one of an item, which leaves out what is no object."""

    def checked(item: Any, scope: Scope) -> Findings:
        return check(item, scope) if isinstance(item, dict) else None

    return checked
