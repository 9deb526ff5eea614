"""What a profile asks of one item and of the elements below it.

Nodes are filled at first use, so profiles may refer to themselves. https://hl7.org/fhir/R4/profiling.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple, Protocol

from profiles import messages
from profiles.validation.findings import Findings, is_full, joined, one, stopped, under
from profiles.validation.names import ByNames, Names
from profiles.validation.profiled.checks import Accepts, ItemCheck, accepting, anything
from profiles.validation.profiled.items import TELLING, Item, Source, Sources, items_of
from profiles.validation.scope import Scope


class ItemsCheck(Protocol):
    """Checks all items of an element together: slicing."""

    @property
    def is_needed(self) -> bool:
        """Whether there may be something wrong without any item."""

    def check(self, items: list[Item], scope: Scope) -> Findings:
        """What is wrong; the steps of the findings lead from the object that holds the items."""


class Parts(NamedTuple):
    """What a node is filled with."""

    checks: tuple[ItemCheck, ...] = ()
    elements: tuple[ElementCheck, ...] = ()


class ProfileNode:
    """Everything that one ElementDefinition and those below it ask of an item."""

    __slots__ = ("_concerned", "_fill", "_parts")

    def __init__(self, fill: Callable[[], Parts]) -> None:
        self._fill: Callable[[], Parts] | None = fill
        self._parts = Parts()
        self._concerned = ByNames(self._elements)

    @property
    def parts(self) -> Parts:
        """The checks, compiled at first use."""
        fill = self._fill
        if fill is not None:
            self._parts = fill()
            self._fill = None  # last: other threads must not meet an empty node
        return self._parts

    def _elements(self, names: Names) -> tuple[Named, ...]:
        """The elements that an object with these names has or should have."""
        return tuple(Named.of(element, names) for element in self.parts.elements if element.concerns(names))

    def accepts(self, type_name: str) -> Accepts | None:
        """What the node accepts of values of a type, None when they must be looked at."""
        checks, elements = self.parts
        return None if elements else accepting(checks, type_name)

    def check(self, item: Item, scope: Scope) -> Findings:
        """What is wrong with the item; the steps of the findings lead from the item itself."""
        checks, elements = self._parts if self._fill is None else self.parts
        found: Findings = None
        for check in checks:
            problem = check(item, scope)
            if problem:
                found = joined(found, problem)
        if elements:
            holder = item.holder
            concerned = self._concerned[tuple(holder)]
            inner = scope_of(item, scope) if concerned else scope
            for element in concerned:
                problem = element.check(holder, inner)
                if problem:
                    found = joined(found, problem)
                    if is_full(found):
                        return stopped(found)
        return found


def scope_of(item: Item, scope: Scope) -> Scope:
    """The scope for what stands inside the item: its own when it is a resource."""
    value = item.value
    if not isinstance(value, dict) or "resourceType" not in value or value is scope.resource:
        return scope
    if item.steps and item.steps[0] == "contained":
        return scope.contained(value)
    return scope.inside(value, scope.full_url_of(value))


class Cardinality(NamedTuple):
    """How many items there must be, as the profile with this title says."""

    path: str
    min: int
    max: int | None
    profile: str

    def allows(self, count: int) -> bool:
        """Whether there may be so many."""
        return self.min <= count and (self.max is None or count <= self.max)

    def check(self, count: int) -> Findings:
        """A finding when the number is wrong."""
        if count < self.min:
            params = {"path": self.path, "min": self.min, "found": count, "profile": self.profile}
            return one(messages.TOO_FEW_BY_PROFILE, **params)
        if self.max is not None and count > self.max:
            params = {"path": self.path, "max": self.max, "found": count, "profile": self.profile}
            return one(messages.TOO_MANY_BY_PROFILE, **params)
        return None


class ElementCheck(NamedTuple):
    """One element below a node."""

    sources: Sources
    cardinality: Cardinality
    node: ProfileNode | None
    slicing: ItemsCheck | None

    def concerns(self, names: Collection[str]) -> bool:
        """Whether something may be wrong with the element in an object with these names."""
        is_needed = self.cardinality.min > 0 or (self.slicing is not None and self.slicing.is_needed)
        return is_needed or any(name in self.sources.by_key for name in names)

    def accepts(self, source: Source) -> Accepts | None:
        """What it accepts of all that stands under a property, None when it accepts nothing beforehand."""
        if self.slicing or source.type in TELLING:
            return None
        each = self.node.accepts(source.type) if self.node else anything
        if each is None:
            return None
        allows = self.cardinality.allows
        allows_one = allows(1)

        def accepted(value: Any) -> bool:
            if isinstance(value, list):
                return allows(len(value)) and None not in value and all(map(each, value))
            return allows_one and value is not None and each(value)

        return accepted

    def check(self, holder: dict[str, Any], sources: Iterable[Source], scope: Scope) -> Findings:
        """What is wrong with the element in an object that has it under these properties."""
        _, cardinality, node, slicing = self
        items = items_of(holder, sources)
        found = cardinality.check(len(items))
        if node is not None:
            for item in items:
                problem = node.check(item, scope)
                if problem:
                    found = joined(found, located(item, problem))
        return found if slicing is None else joined(found, slicing.check(items, scope))


class Named(NamedTuple):
    """An element in objects with certain names."""

    element: ElementCheck
    sources: tuple[Source, ...]
    key: str
    """The property of which all may be accepted at once."""
    accepts: Accepts | None

    @classmethod
    def of(cls, element: ElementCheck, names: Names) -> Named:
        """The element in objects with these names."""
        sources = element.sources.among(names)
        if len(sources) != 1 or sources[0].key not in names or sources[0].twin in names:
            return cls(element, sources, "", None)
        return cls(element, sources, sources[0].key, element.accepts(sources[0]))

    def check(self, holder: dict[str, Any], scope: Scope) -> Findings:
        """What is wrong with the element in the object that holds it."""
        element, sources, key, accepts = self
        if accepts is not None and accepts(holder[key]):
            return None
        return element.check(holder, sources, scope)


def located(item: Item, found: Findings) -> Findings:
    """Findings about an item, seen from the object that holds it."""
    if found:
        for step in reversed(item.steps):
            under(step, found)
    return found
