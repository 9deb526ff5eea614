"""Slicing: which items belong to which slice, and what each slice asks of its items.

https://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from profiles import messages
from profiles.validation.findings import Findings, joined, one
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.node import ItemsCheck, ProfileNode, located
from profiles.validation.profiled.tells import ByProperty, Candidates, Test
from profiles.validation.scope import Scope


class Slice(NamedTuple):
    """One slice; ``tests`` are None when it cannot be told which items belong to it."""

    name: str
    path: str
    min: int
    max: int | None
    tests: tuple[Test, ...] | None
    node: ProfileNode
    reslicing: ItemsCheck | None

    @property
    def is_needed(self) -> bool:
        """Whether there must be items of this slice, or of one inside of it, and they can be told."""
        return self.tests is not None and (self.min > 0 or (self.reslicing is not None and self.reslicing.is_needed))

    def matches(self, item: Item, scope: Scope) -> bool:
        """Whether the item belongs to this slice."""
        tests = self.tests
        if tests is not None and len(tests) == 1:
            return tests[0].matches(item, scope)
        return tests is not None and all(test.matches(item, scope) for test in tests)


class Rules(NamedTuple):
    """What holds for all slices of an element."""

    path: str
    profile: str
    kind: str
    """``open``, ``closed`` or ``openAtEnd``."""
    ordered: bool


class Slicing:
    """The slices of one element."""

    def __init__(self, rules: Rules, slices: tuple[Slice, ...]) -> None:
        self.path, self.profile, self.rules, self.ordered = rules
        self.slices = slices
        tests = [part.tests for part in slices]
        self._by_property = ByProperty.of(tests)
        self._candidates = Candidates(tests)
        self._needed = frozenset(place for place, part in enumerate(slices) if part.is_needed)

    @property
    def is_needed(self) -> bool:
        """True when there must be items."""
        return bool(self._needed)

    def check(self, items: list[Item], scope: Scope) -> Findings:
        """What is wrong; the steps of the findings lead from the object that holds the items."""
        members: dict[int, list[Item]] = {}
        places: list[int | None] = []
        found: Findings = None
        for item in items:
            chosen = self._chosen(item, scope)
            if len(chosen) > 1:
                found = joined(found, self._ambiguous(item, chosen))
            places.append(chosen[0] if chosen else None)
            if chosen:
                members.setdefault(chosen[0], []).append(item)
        if self.rules != "open":
            found = joined(found, self._unmatched(items, places))
        if self.ordered:
            found = joined(found, self._order(items, places))
        for place in sorted(self._needed.union(members)):
            found = joined(found, self._members(self.slices[place], members.get(place, []), scope))
        return found

    def _chosen(self, item: Item, scope: Scope) -> Sequence[int]:
        """The places of the slices that the item belongs to, in order."""
        if self._by_property is not None:
            text = item.holder.get(self._by_property.name)
            if isinstance(text, str):
                return self._by_property.places.get(text, ())
        return [place for place in self._candidates.of(item) if self.slices[place].matches(item, scope)]

    def _ambiguous(self, item: Item, chosen: Sequence[int]) -> Findings:
        names = ", ".join(self.slices[place].name for place in chosen)
        return located(item, one(messages.SLICES_AMBIGUOUS, slices=names, profile=self.profile))

    def _unmatched(self, items: list[Item], places: list[int | None]) -> Findings:
        """Items in no slice, where the rules do not let them be."""
        found: Findings = None
        last = max((number for number, place in enumerate(places) if place is not None), default=-1)
        for number, (item, place) in enumerate(zip(items, places, strict=True)):
            if place is not None:
                continue
            params = {"path": self.path, "profile": self.profile}
            if self.rules == "closed":
                found = joined(found, located(item, one(messages.NO_SLICE_MATCHES, **params)))
            elif number < last:
                found = joined(found, located(item, one(messages.NOT_AT_END, **params)))
        return found

    def _order(self, items: list[Item], places: list[int | None]) -> Findings:
        found: Findings = None
        highest = -1
        for item, place in zip(items, places, strict=True):
            if place is None:
                continue
            if place < highest:
                params = {"slice": self.slices[place].name, "after": self.slices[highest].name}
                found = joined(found, located(item, one(messages.SLICE_OUT_OF_ORDER, profile=self.profile, **params)))
            highest = max(highest, place)
        return found

    def _members(self, part: Slice, members: list[Item], scope: Scope) -> Findings:
        found = self._counted(part, len(members))
        for item in members:
            problem = part.node.check(item, scope)
            if problem:
                found = joined(found, located(item, problem))
        if part.reslicing is not None:
            found = joined(found, part.reslicing.check(members, scope))
        return found

    def _counted(self, part: Slice, count: int) -> Findings:
        if count < part.min:
            params = {"path": part.path, "min": part.min, "found": count, "profile": self.profile}
            return one(messages.SLICE_MISSING, **params)
        if part.max is not None and count > part.max:
            params = {"path": part.path, "max": part.max, "found": count, "profile": self.profile}
            return one(messages.TOO_MANY_BY_PROFILE, **params)
        return None
