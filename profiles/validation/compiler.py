"""StructureType -> check tree.

Each element of a structure becomes one rule per JSON property. What a profile states besides (fixed values, patterns,
bindings; later slices and invariants) is added to the rule of the element or to the node that holds it.
https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from conformance.definitions.model import Element, StructureType, TypeRef
from conformance.primitives import PRIMITIVES
from profiles.validation import recurrent, resources
from profiles.validation.bindings import Bound, binding_check
from profiles.validation.canonicals import canonical_check, check_own_url
from profiles.validation.choices import Rivals, family
from profiles.validation.claims import Claims
from profiles.validation.contained import check_contained
from profiles.validation.expressions import Expressions
from profiles.validation.extensions import Extensions
from profiles.validation.findings import Findings, joined
from profiles.validation.ids import unique_id
from profiles.validation.invariants import Invariants
from profiles.validation.leaves import Leaves
from profiles.validation.lists import aligned, counted, each, each_leaf, each_primitive, valued
from profiles.validation.narrative import check_narrative
from profiles.validation.node import ItemCheck, Leaf, Node, Parts, Property, Required, Rule, Whole, on_item, with_checks
from profiles.validation.profiled.compiler import ProfileCompiler
from profiles.validation.profiled.contexts import Contexts
from profiles.validation.profiled.items import Item
from profiles.validation.references import TargetTypes, reference_check
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures
from profiles.validation.values import primitive
from profiles.validation.whole import whole_checks
from terminology.membership import ValueSets


class Place(NamedTuple):
    """Where an element stands: the structure that the whole tree is compiled from, and the type of the object."""

    root: StructureType
    type_name: str


class Compiler:
    """Makes check trees from definitions, each type once."""

    def __init__(self, structures: Structures, value_sets: ValueSets, *, structure_only: bool) -> None:
        self._structures = structures
        self._value_sets = value_sets
        self._leaves = Leaves(value_sets)
        self._structure_only = structure_only
        self._recurrent = recurrent.Recurrent()
        self._target_types = TargetTypes(structures.is_resource)
        self._nodes: dict[tuple[str, str], Node] = {}
        self._twin = self.type_node("Element").check
        expressions = Expressions(structures.definitions, value_sets)
        self._invariants = Invariants(structures, expressions, structure_only=structure_only)
        self.profiles = ProfileCompiler(structures, value_sets, self._invariants, structure_only=structure_only)
        self.profiles.conformity.check_type = self._check_type
        expressions.conforms = self.profiles.conformity.answer
        self._extensions = Extensions(self.profiles, Contexts(structures, expressions), structure_only=structure_only)
        self._whole = whole_checks(structures, value_sets, structure_only=structure_only)
        self.claims = Claims(self.profiles, structures)

    def resource_node(self, type_name: str) -> Node | None:
        """The check tree of a concrete resource type; None when there is no such type."""
        return self.type_node(type_name) if self._structures.is_resource(type_name) else None

    def type_node(self, type_name: str) -> Node:
        """The check tree of a resource or complex data type, whose definition is read at its first use."""
        key = (type_name, "")
        if key not in self._nodes:
            self._nodes[key] = Node(type_name, partial(self._type_parts, type_name))
        return self._nodes[key]

    def _type_parts(self, type_name: str) -> Parts:
        structure = self._structures.find(type_name)
        if structure is None:
            raise KeyError(type_name)
        return self._parts(structure, Place(structure, type_name))

    def _check_type(self, value: dict[str, Any], type_name: str, scope: Scope) -> Findings:
        """What is wrong with an object by its type alone."""
        structure = self._structures.find(type_name)
        if structure is None or structure.kind == "backbone":
            return None  # checked with what is around it
        return self.type_node(type_name).check(value, {}, scope)

    def check_resource(self, resource: dict[str, Any], scope: Scope) -> Findings:
        """Everything about a resource of a known type: its type, its own rules, and the profiles that it claims."""
        found = self.type_node(resource["resourceType"]).check(resource, {}, scope)
        found = joined(found, check_contained(resource, scope) if "contained" in resource else None)
        return joined(found, self.claims.check(resource, scope))

    def _node_of(self, structure: StructureType, place: Place, key: tuple[str, str]) -> Node:
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node(place.type_name, partial(self._parts, structure, place))
        return node

    def _parts(self, structure: StructureType, place: Place) -> Parts:
        is_resource = structure.kind == "resource"
        properties = {"resourceType": _RESOURCE_TYPE} if is_resource else {}
        for element in structure.elements.values():
            properties.update(self._of_element(element, place))
        return Parts(
            properties,
            tuple(_required(element) for element in structure.elements.values() if element.min > 0),
            (*self._whole.get(place.type_name, ()), *self._type_invariants(structure, place)),
            is_element=not is_resource and place.type_name != "Element",
        )

    def _of_element(self, element: Element, place: Place) -> Iterator[tuple[str, Property]]:
        """The JSON properties of an element: one, two for a primitive, one or two for each type of a choice."""
        if element.max == 0:
            return
        names = [element.property_name(type_ref.code) for type_ref in element.types] if element.is_choice else []
        relatives = family(names)
        for type_ref in element.types or (TypeRef(""),):
            name = element.property_name(type_ref.code)
            step = f"{element.name}.ofType({type_ref.code})" if element.is_choice else element.name
            rivals = Rivals(name, relatives, element.path) if len(names) > 1 else None
            for key, rule, leaf in self._properties(element, type_ref, place):
                yield key, Property(rule, leaf, step, rivals)

    def _properties(self, element: Element, type_ref: TypeRef, place: Place) -> Iterator[tuple[str, Rule, Leaf | None]]:
        """JSON property, rule and quick answer of one type of an element, and of the twin of a primitive."""
        name = element.property_name(type_ref.code)
        checks = self._item_checks(element, type_ref, place)
        check = PRIMITIVES.get(type_ref.code)
        if check is None or type_ref.code == "xhtml":
            rule = with_checks(self._object_rule(element, type_ref, place), checks)
            if self._structure_only and type_ref.code in recurrent.TYPES:
                rule = self._recurrent.rule(rule)
            yield name, _repeated(element, each(rule)) if element.is_array else rule, None
            return
        rule, leaf, twin = with_checks(primitive(check), checks), self._leaf(element, type_ref, checks), self._twin
        if element.is_array:
            rule = each_primitive(name, rule)
            yield name, _repeated(element, each_leaf(leaf, rule) if leaf else rule), None
            yield f"_{name}", aligned(name, each_primitive(f"_{name}", twin)), None
        elif name == "id" and self._is_inner(place) and not self._structure_only:
            yield name, unique_id(rule), None
        else:
            yield name, rule, leaf
            if element.representation != "xmlAttr":
                yield f"_{name}", valued(name, twin), None

    @staticmethod
    def _is_inner(place: Place) -> bool:
        """True for an element inside a resource; ids of ElementDefinitions are unique in their own list only."""
        return (place.root.kind != "resource" or "." in place.type_name) and place.root.name != "ElementDefinition"

    def _leaf(self, element: Element, type_ref: TypeRef, checks: tuple[ItemCheck, ...]) -> Leaf | None:
        """The quick answer for a primitive of which nothing is asked but its type and perhaps a binding."""
        if not checks:
            return self._leaves.of_type(type_ref.code)
        if len(checks) > 1 or element.binding is None or self._binding(element, type_ref) is None:
            return None
        return self._leaves.bound(type_ref.code, element.binding.value_set)

    def _object_rule(self, element: Element, type_ref: TypeRef, place: Place) -> Rule:
        """The rule of one item that is no primitive."""
        if type_ref.code == "xhtml":
            return check_narrative
        if element.content_reference:
            return self._referenced(element.content_reference, place).check
        if element.children is not None and not element.is_choice:
            return self._inner(element, element.children, type_ref, place).check
        if type_ref.code in ("Resource", "DomainResource"):
            make = resources.contained_resource if element.name == "contained" else resources.any_resource
            return make(self.resource_node, self.check_resource)
        return self.type_node(type_ref.code).check

    def _inner(self, element: Element, children: StructureType, type_ref: TypeRef, place: Place) -> Node:
        """The node of elements stated inside an element: of its own type when it is no backbone element."""
        is_backbone = type_ref.code in ("", "BackboneElement", "Element")
        inner = Place(place.root, element.path if is_backbone else type_ref.code)
        return self._node_of(children, inner, (place.root.url, element.path))

    def _referenced(self, path: str, place: Place) -> Node:
        """The node of the element that another one repeats, in the same structure."""
        element = _element_at(path, place)
        if element.children is None:
            return self.type_node(element.types[0].code)
        return self._node_of(element.children, Place(place.root, path), (place.root.url, path))

    def _type_invariants(self, structure: StructureType, place: Place) -> Iterator[Whole]:
        return self._invariants.of_type(structure) if structure is place.root else iter(())

    def _item_checks(self, element: Element, type_ref: TypeRef, place: Place) -> tuple[ItemCheck, ...]:
        is_modifier = element.name == "modifierExtension"
        checks = [
            self._binding(element, type_ref),
            self._maximum(element, type_ref),
            self._targets(type_ref),
            self._canonical(type_ref),
            check_own_url if self._is_own_url(element, place) else None,
            self._extensions.check(place.type_name, is_modifier=is_modifier) if type_ref.code == "Extension" else None,
            self._type_profiles(type_ref),
            *self._item_invariants(element, type_ref, place),
        ]
        return tuple(check for check in checks if check is not None)

    def _item_invariants(self, element: Element, type_ref: TypeRef, place: Place) -> Iterator[ItemCheck]:
        """Those of the element, and of the one that it repeats."""
        type_name, constraints = type_ref.code, element.constraints
        if element.content_reference:
            type_name = element.content_reference
            constraints += _element_at(type_name, place).constraints
        elif element.children is not None:
            type_name = element.path
        for rule in self._invariants.of_object(constraints, type_name):
            yield rule.check if type_name in PRIMITIVES else on_item(rule.check)

    def _type_profiles(self, type_ref: TypeRef) -> ItemCheck | None:
        """The profiles that the specification itself asks of a value, such as SimpleQuantity."""
        if not type_ref.profiles:
            return None

        def check(item: Any, scope: Scope) -> Findings:
            return self.profiles.conformity.any_of(Item(item, type_ref.code), type_ref.profiles, scope)

        return check

    def _binding(self, element: Element, type_ref: TypeRef) -> ItemCheck | None:
        if element.binding is None:
            return None
        bound = Bound(element.binding.strength, element.binding.value_set)
        if self._structure_only and bound.strength != "required":
            return None
        return binding_check(type_ref.code, bound, self._value_sets)

    def _maximum(self, element: Element, type_ref: TypeRef) -> ItemCheck | None:
        if element.binding is None or not element.binding.maximum:
            return None
        return binding_check(type_ref.code, Bound("maximum", element.binding.maximum), self._value_sets)

    def _canonical(self, type_ref: TypeRef) -> ItemCheck | None:
        if self._structure_only or type_ref.code != "canonical":
            return None
        return canonical_check(type_ref.targets, self._structures)

    def _is_own_url(self, element: Element, place: Place) -> bool:
        """True for the url of a definitional resource, which is one that has a publisher."""
        is_url = element.path == f"{place.root.name}.url" and "publisher" in place.root.elements
        return is_url and not self._structure_only

    def _targets(self, type_ref: TypeRef) -> ItemCheck | None:
        if type_ref.code != "Reference":
            return None
        return reference_check(tuple(map(self._target_type, type_ref.targets)), self._target_types)

    def _target_type(self, target: str) -> str:
        """The resource type of a target that is a profile."""
        return (self._structures.type_of(target) if ":" in target else None) or target


def _element_at(path: str, place: Place) -> Element:
    """The element of the structure around ``place`` that stands at ``path``."""
    _, *steps, name = path.split(".")
    structure = place.root
    for step in steps:
        children = structure.elements[step].children
        if children is None:
            raise KeyError(path)
        structure = children
    return structure.elements[name]


def _repeated(element: Element, rule: Rule) -> Rule:
    is_counted = element.min > 1 or element.max is not None
    rule = counted(rule, element.path, element.min, element.max) if is_counted else rule
    return also_unique(rule) if element.name == "contained" else rule


def also_unique(rule: Rule) -> Rule:
    """The rule of ``contained``, with ids that differ."""
    return with_checks(rule, (resources.unique_ids,))


def _required(element: Element) -> Required:
    names = [element.property_name(type_ref.code) for type_ref in element.types] or [element.name]
    twins = [f"_{name}" for name in names]
    return Required(names[0], (*names[1:], *twins), element.path, element.min)


def _accepted(*_: object) -> None:
    """Of ``resourceType``, which chose the node already."""


_RESOURCE_TYPE = Property(_accepted, _accepted)
