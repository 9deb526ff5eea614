"""A profile's snapshot -> nodes that check items. https://hl7.org/fhir/R4/profiling.html"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from conformance.definitions import Binding, Element
from conformance.definitions.compile import MAX_VALUE_SET
from profiles.validation.bindings import Bound, accepted_codes, binding_findings, coded_membership
from profiles.validation.findings import Findings
from profiles.validation.invariants import Invariants
from profiles.validation.profiled import discriminators
from profiles.validation.profiled.checks import Accepts, ItemCheck, ValueCheck
from profiles.validation.profiled.conformity import Conformity
from profiles.validation.profiled.items import Item, Source, Sources, items_of
from profiles.validation.profiled.narratives import narrative_checks
from profiles.validation.profiled.node import Cardinality, ElementCheck, Parts, ProfileNode
from profiles.validation.profiled.slicing import Rules, Slice, Slicing
from profiles.validation.profiled.specs import Profile, Spec
from profiles.validation.profiled.targets import target_check
from profiles.validation.profiled.tells import Test
from profiles.validation.profiled.types import only_typed, type_check
from profiles.validation.profiled.values import bound_checks, expected_checks
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures
from terminology.membership import Membership, ValueSets

_ADDITIONAL = (
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.binding.additional",
    "http://hl7.org/fhir/tools/StructureDefinition/additional-binding",
)
_BINDABLE = frozenset({"code", "Coding", "CodeableConcept", "Quantity"})
_PURPOSES = {"maximum": "maximum", "required": "required", "extensible": "extensible", "preferred": "preferred"}


class ProfileCompiler:
    """Makes the nodes of profiles, each at its first use."""

    def __init__(
        self, structures: Structures, value_sets: ValueSets, invariants: Invariants, *, structure_only: bool
    ) -> None:
        self._structure_only = structure_only
        self._structures = structures
        self._value_sets = value_sets
        self._invariants = invariants
        self._nodes: dict[int, ProfileNode] = {}
        self._sources: dict[tuple[str, str], Sources] = {}
        self.conformity = Conformity(structures, self)

    def node(self, profile: Profile) -> ProfileNode:
        """The node of a whole profile."""
        return self.spec_node(profile.root)

    def spec_node(self, spec: Spec) -> ProfileNode:
        """The node of one ElementDefinition."""
        key = id(spec)
        if key not in self._nodes:
            self._nodes[key] = ProfileNode(partial(self._parts, spec))
        return self._nodes[key]

    def _parts(self, spec: Spec, *, is_as_expected: bool = False) -> Parts:
        """``is_as_expected`` tells that only items come that meet the fixed value or pattern of a slice."""
        checks = only_typed(
            tuple(type_check(spec, self._known(spec), self._structures)),
            tuple(self._item_checks(spec, is_as_expected=is_as_expected)),
        )
        elements = tuple(self._element(spec, child) for child in spec.children.values())
        return Parts(checks, tuple(check for check in elements if check is not None))

    def _all_checks(self, spec: Spec) -> Iterator[ItemCheck]:
        yield from self._item_checks(spec)
        yield from type_check(spec, self._known(spec), self._structures)

    def _item_checks(self, spec: Spec, *, is_as_expected: bool = False) -> Iterator[ItemCheck]:
        if not is_as_expected:
            yield from expected_checks(spec)
        yield from bound_checks(spec)
        yield from narrative_checks(spec)
        yield from self._bindings(spec)
        if spec.types:
            yield from self.conformity.checks(spec)
            yield from target_check(spec, self._known(spec), self.conformity, self._structures)
        yield from self._invariants.of_spec(spec)

    def _bindings(self, spec: Spec) -> Iterator[ItemCheck]:
        if len(_BINDABLE.intersection(spec.type_codes)) > 1:
            return  # a choice: which of its types the value set is meant for is not told
        known = self._bound_by_type(spec)
        for bound in _bounds(spec):
            is_asked = bound.is_graded and not (self._structure_only and bound.strength != "required")
            if is_asked and bound != known:
                yield ValueCheck(partial(self._bound, bound), partial(self._accepted, bound))

    def _bound_by_type(self, spec: Spec) -> Bound | None:
        """The binding that the type states for the element, which is checked with the type."""
        element = self._known(spec)
        return Bound(*_pair(element.binding)) if element and element.binding else None

    def _known(self, spec: Spec) -> Element | None:
        """The element of the type that a profile narrows."""
        parent, _, name = str((spec.raw.get("base") or spec.raw)["path"]).rpartition(".")
        return self._structures.element(parent, name.removesuffix("[x]"))

    def _bound(self, bound: Bound, item: Item, scope: Scope) -> Findings:  # noqa: ARG002 - an ItemCheck
        if item.value is None:
            return None
        return binding_findings(item.value, item.type, bound, self._value_sets)

    def _accepted(self, bound: Bound, type_name: str) -> Accepts | None:
        return accepted_codes(type_name, bound, self._value_sets)

    def _element(self, parent: Spec, spec: Spec) -> ElementCheck | None:
        cardinality = Cardinality(spec.path, spec.min, spec.max, spec.profile.title)
        slicing = self._slicing(spec, spec.slices) if spec.slices or spec.raw.get("slicing") else None
        node = None if self._says_nothing(spec) else self.spec_node(spec)
        if node is None and slicing is None and not spec.min and spec.raw.get("max") == base_max(spec):
            return None
        return ElementCheck(self.sources(parent, spec), cardinality, node, slicing)

    def _says_nothing(self, spec: Spec) -> bool:
        """True when the type alone says as much about an item, so that it was checked already."""
        return not (spec.children or any(True for _ in self._all_checks(spec)))

    def _slicing(self, spec: Spec, slices: dict[str, Spec]) -> Slicing | None:
        stated = spec.raw.get("slicing") or {}
        pairs = [(entry.get("type", ""), entry.get("path", "")) for entry in stated.get("discriminator", ())]
        if spec.is_choice and not pairs:
            pairs = [("type", "$this")]
        if not slices and stated.get("rules") != "closed":
            return None
        kind = stated.get("rules", "open") if slices else "open"
        rules = Rules(spec.path, spec.profile.title, kind, bool(stated.get("ordered")))
        return Slicing(rules, tuple(self._slice(part, pairs) for part in slices.values()))

    def _slice(self, spec: Spec, pairs: list[tuple[str, str]]) -> Slice:
        stated = [discriminators.test(spec, kind, path, self) for kind, path in pairs]
        tests: tuple[Test, ...] | None = tuple(test for test in stated if test is not None)
        if not pairs:
            tests = (Test(partial(self._fits, spec)),)
        elif not tests:
            tests = None  # a discriminator by which the slice states nothing puts no condition; all of them do
        reslicing = self._slicing(spec, spec.slices) if spec.slices and not spec.is_choice else None
        is_as_expected = any(test.is_whole for test in tests or ())
        node = ProfileNode(partial(self._parts, spec, is_as_expected=is_as_expected))
        return Slice(spec.slice_name, spec.path, spec.min, spec.max, tests, node, reslicing)

    def _fits(self, spec: Spec, item: Item, scope: Scope) -> bool:
        """Slices without discriminator: an item belongs where it has no error."""
        found = self.spec_node(spec).check(item, scope)
        return not any(finding.is_error for finding in found or ())

    # what discriminators ask for

    def profile(self, canonical: str) -> Profile | None:
        """The profile, None when it is unknown."""
        return self._structures.profile(canonical)

    def type_profile(self, name: str) -> Profile | None:
        """The definition of a type."""
        return self._structures.type_profile(name)

    def is_a(self, type_name: str, ancestor: str) -> bool:
        """Whether a type is another one or derives from it."""
        return self._structures.is_a(type_name, ancestor)

    def conforms(self, item: Item, canonical: str, scope: Scope) -> bool:
        """Whether an item meets a profile."""
        return self.conformity.holds(item, canonical, scope)

    def membership(self, value: Any, type_name: str, value_set: str) -> Membership:
        """Whether a code, Coding or CodeableConcept is in a value set."""
        return coded_membership(value, type_name, value_set, self._value_sets)

    def children(self, item: Item, name: str) -> list[Item]:
        """The items of an element in an object, by the definition of its type."""
        holder = item.holder
        return items_of(holder, self._type_sources(item.type, name).among(holder))

    def is_property(self, spec: Spec, name: str) -> bool:
        """Whether an element below another one is the JSON property of that name wherever it may stand."""
        owners = [str((spec.raw.get("base") or spec.raw)["path"]), *spec.type_codes]
        listed = [found.listed for owner in owners if (found := self._type_sources(owner, name)).listed]
        return bool(listed) and all([source.key for source in sources] == [name] for sources in listed)

    # sources

    def sources(self, parent: Spec, spec: Spec) -> Sources:
        """The JSON properties under which items of an element may stand."""
        base = str((spec.raw.get("base") or spec.raw)["path"])
        type_name, _, name = base.rpartition(".")
        found = self._type_sources(type_name, name.removesuffix("[x]"))
        if found.listed:
            return found
        owner = parent.type_codes[0] if len(parent.types) == 1 else str(parent.raw["path"])
        found = self._type_sources(owner, spec.name)
        if found.listed:
            return found
        return Sources.of((Source.of(spec.name, next(iter(spec.type_codes), ""), spec.name),))

    def _type_sources(self, type_name: str, name: str) -> Sources:
        key = (type_name, name)
        found = self._sources.get(key)
        if found is None:
            found = Sources.of(self._find_sources(type_name, name))
            if found.listed:
                self._sources[key] = found
        return found

    def _find_sources(self, type_name: str, name: str) -> Iterator[Source]:
        element = self._structures.element(type_name, name)
        if element is None:
            return
        if element.content_reference:
            yield Source.of(element.name, element.content_reference, element.name)
        elif element.children is not None and not element.is_choice:
            yield Source.of(element.name, element.path, element.name)
        else:
            for ref in element.types:
                step = f"{element.name}.ofType({ref.code})" if element.is_choice else element.name
                yield Source.of(element.property_name(ref.code), ref.code, step)


def base_max(spec: Spec) -> Any:
    """The greatest number of items by the type."""
    return (spec.raw.get("base") or {}).get("max")


def _bounds(spec: Spec) -> Iterator[Bound]:
    """The bindings of an element: the stated one, its greatest value set, and additional ones."""
    binding = spec.raw.get("binding") or {}
    if binding.get("valueSet"):
        yield Bound(str(binding.get("strength", "example")), str(binding["valueSet"]))
    for entry in binding.get("extension", ()):
        if entry.get("url") == MAX_VALUE_SET:
            canonical = entry.get("valueCanonical") or entry.get("valueUri")
            if canonical:
                yield Bound("maximum", str(canonical))
        elif entry.get("url") in _ADDITIONAL:
            parts = {part.get("url"): part for part in entry.get("extension", ())}
            purpose = _PURPOSES.get(str(parts.get("purpose", {}).get("valueCode")))
            canonical = parts.get("valueSet", {}).get("valueCanonical")
            if purpose and canonical and "usage" not in parts:
                yield Bound(purpose, str(canonical))


def _pair(binding: Binding) -> tuple[str, str]:
    return binding.strength, binding.value_set
