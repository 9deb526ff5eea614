"""A node of the check tree: everything that is asked of one JSON object.

Nodes are made empty and filled at first use, so that types may contain themselves and only what is met is compiled.
The objects of a type have few sets of names. What the names alone decide is decided once for each set, which leaves
of an object that is as it should be only its values to look at. https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple, TypeAlias

from profiles import messages
from profiles.validation.choices import Rivals
from profiles.validation.findings import Findings, is_full, joined, json_kind, one, quoted, stopped, under
from profiles.validation.names import ByNames, Names
from profiles.validation.scope import Scope

#: Checks the value of one property: (value, the object that holds it, scope).
Rule: TypeAlias = Callable[[Any, dict[str, Any], Scope], Findings]

#: The quick answer for a single primitive: None when its rule has nothing to say. Raises TypeError for some values
#: of another JSON kind.
Leaf: TypeAlias = Callable[[Any], object]

#: Checks one item of an element after its type: (item, scope). Bindings, fixed values, reference targets.
ItemCheck: TypeAlias = Callable[[Any, Scope], Findings]

#: Checks an object as a whole: (object, scope). Invariants and rules of a type.
WholeCheck: TypeAlias = Callable[[dict[str, Any], Scope], Findings]

#: Whether a check may find something in an object with these names, each of which has content.
Concerns: TypeAlias = Callable[[Collection[str]], bool]


def always(names: Collection[str]) -> bool:  # noqa: ARG001 - a Concerns
    """The answer for a check that looks at every object."""
    return True


class Whole(NamedTuple):
    """A check of an object as a whole, and which objects it concerns."""

    check: WholeCheck
    concerns: Concerns = always


class Property(NamedTuple):
    """One JSON property of a node."""

    rule: Rule
    leaf: Leaf | None = None
    step: str = ""
    """The FHIRPath step, where it is not the name."""
    rivals: Rivals | None = None
    """Of a choice: the properties for its other types, beside which this one may not stand."""

    def problem(self, value: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        """Everything wrong with the value of the property."""
        found = self.rule(value, owner, scope)
        return joined(found, self.rivals.met(owner)) if self.rivals else found


class Required(NamedTuple):
    """An element that must be present, under its name or one of the alternatives."""

    name: str
    alternatives: tuple[str, ...]
    path: str
    min: int

    def is_missing(self, names: Collection[str]) -> bool:
        """Whether the element is under none of these names."""
        return self.name not in names and not any(map(names.__contains__, self.alternatives))


class Parts(NamedTuple):
    """What a node is filled with."""

    properties: dict[str, Property]
    """By JSON name; a property that is not here does not exist."""
    required: tuple[Required, ...]
    whole: tuple[Whole, ...]
    is_element: bool
    """True when an id alone is no content (ele-1)."""


class Shape(NamedTuple):
    """What is left to ask of an object whose names are as they should be."""

    leaves: tuple[tuple[str, Leaf], ...]
    rules: tuple[tuple[str, str, Rule], ...]
    """Name, step and rule."""
    whole: tuple[WholeCheck, ...]


#: Of objects whose names are not as they should be.
_FLAWED = Shape((), (), ())


class Node:
    """The checks of one type, or of the inside of one element."""

    __slots__ = ("_fill", "_parts", "_shapes", "type_name")

    def __init__(self, type_name: str, fill: Callable[[], Parts]) -> None:
        self.type_name = type_name
        self._fill: Callable[[], Parts] | None = fill
        self._parts: Parts = _NO_PARTS
        self._shapes = ByNames(self._shape)

    def check(self, value: Any, owner: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG002 - a Rule
        """Everything wrong with ``value`` as this type."""
        if not isinstance(value, dict):
            return not_an_object(value, self.type_name)
        shape = self._shapes[tuple(value)]
        if shape is _FLAWED:
            return self._thorough(value, scope)
        leaves, rules, whole = shape
        try:
            for name, leaf in leaves:
                if leaf(value[name]) is not None:
                    return self._thorough(value, scope)
        except TypeError:  # a list or an object in the place of a primitive
            return self._thorough(value, scope)
        found: Findings = None
        for name, step, rule in rules:
            problem = rule(value[name], value, scope)
            if problem:
                found = joined(found, under(step, problem))
                if is_full(found):
                    return stopped(found)
        if found:
            return self._as_a_whole(value, scope, found)
        for check in whole:
            found = joined(found, check(value, scope))
        return found

    def _as_a_whole(self, value: dict[str, Any], scope: Scope, found: Findings) -> Findings:
        for check, _ in self._parts.whole:
            found = joined(found, check(value, scope))
        return found

    def _thorough(self, value: dict[str, Any], scope: Scope) -> Findings:
        """The same without any shortcut: what is wrong is told in the order of the names."""
        properties = self.parts.properties
        found: Findings = None
        for name, item in value.items():
            known = properties.get(name)
            problem = known.problem(item, value, scope) if known else self._unknown(name)
            if problem:
                found = joined(found, under((known and known.step) or name, problem))
                if is_full(found):
                    return stopped(found)
        for required in self._parts.required:
            if required.is_missing(value):
                found = joined(found, one(messages.TOO_FEW, path=required.path, min=required.min, found=0))
        found = self._as_a_whole(value, scope, found)
        return joined(found, self._nearly_empty(value)) if len(value) < 2 else found

    @property
    def parts(self) -> Parts:
        """What is asked, compiled at first use."""
        fill = self._fill
        if fill is not None:
            self._parts = fill()
            self._fill = None  # last: other threads must not meet an empty node
        return self._parts

    def _shape(self, names: Names) -> Shape:
        properties, present = self.parts.properties, frozenset(names)
        known = [(name, properties[name]) for name in names if name in properties]
        if (
            len(known) < len(names)
            or any(entry.rivals is not None and entry.rivals.met(present) for _, entry in known)
            or any(required.is_missing(present) for required in self._parts.required)
            or (len(names) < 2 and self._nearly_empty(present))
        ):
            return _FLAWED
        return Shape(
            tuple((name, entry.leaf) for name, entry in known if entry.leaf),
            tuple((name, entry.step or name, entry.rule) for name, entry in known if not entry.leaf),
            tuple(check for check, concerns in self._parts.whole if concerns(present)),
        )

    def _unknown(self, name: str) -> Findings:
        return one(messages.UNKNOWN_ELEMENT, name=quoted(name), type=self.type_name)

    def _nearly_empty(self, names: Collection[str]) -> Findings:
        if not names:
            return one(messages.EMPTY_OBJECT)
        return one(messages.ID_ONLY) if self._parts.is_element and "id" in names else None


_NO_PARTS = Parts({}, (), (), is_element=False)


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
    check = checks[0] if len(checks) == 1 else _every(checks)

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        found = rule(item, owner, scope)
        if found is None:
            return check(item, scope)
        return joined(found, check(item, scope)) if isinstance(item, dict) else found

    return checked


def _every(checks: tuple[ItemCheck, ...]) -> ItemCheck:
    def checked(item: Any, scope: Scope) -> Findings:
        found: Findings = None
        for check in checks:
            found = joined(found, check(item, scope))
        return found

    return checked


def on_item(check: WholeCheck) -> ItemCheck:
    """The check of an object as one of an item, which leaves out what is no object."""

    def checked(item: Any, scope: Scope) -> Findings:
        return check(item, scope) if isinstance(item, dict) else None

    return checked
