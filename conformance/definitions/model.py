"""What the server knows of a StructureDefinition, a SearchParameter or a CompartmentDefinition, compiled.

https://hl7.org/fhir/R4/structuredefinition.html, https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from msgspec import Struct

#: The base of every canonical of the specification's own structures.
CORE = "http://hl7.org/fhir/StructureDefinition/"


def type_of(canonical: str) -> str:
    """``Patient`` for the canonical of the specification's own type; any other canonical as it is."""
    name = canonical.removeprefix(CORE)
    return name if name != canonical and name[:1].isupper() else canonical


class TypeRef(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One allowed type of an element.

    ``targets`` are what a Reference or canonical may point to: a type name (``Patient``, or ``Resource`` for any) for
    the specification's own types, else the canonical of a profile. ``profiles`` are canonicals the value must meet.
    """

    code: str
    targets: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    aggregation: tuple[str, ...] = ()
    """``contained``, ``referenced``, ``bundled``: how the target of a Reference may be held; empty for any."""


class Binding(Struct, frozen=True, array_like=True):
    """``strength`` is required, extensible, preferred or example; ``value_set`` may carry ``|version``."""

    strength: str
    value_set: str = ""
    maximum: str = ""
    """The value set that no code may lie outside of, whatever the strength: elementdefinition-maxValueSet."""


class Constraint(Struct, frozen=True, array_like=True):
    """An invariant that this structure itself states; those of its base and of element types stand there."""

    key: str
    severity: str
    human: str
    expression: str = ""


class Slicing(Struct, frozen=True, array_like=True):
    """How a list is cut into slices; ``discriminators`` are (type, path) pairs."""

    discriminators: tuple[tuple[str, str], ...]
    rules: str
    ordered: bool = False


class Element(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One element of a structure.

    ``name`` is the last step of ``path`` without ``[x]``: ``Observation.value[x]`` has the name ``value``, and
    ``property_name`` gives ``valueQuantity``. ``max`` is None for ``*``. ``is_array`` says whether JSON holds a list,
    which a profile that narrows ``max`` to 1 does not change.
    """

    name: str
    path: str
    min: int
    max: int | None
    is_array: bool
    types: tuple[TypeRef, ...] = ()
    binding: Binding | None = None
    content_reference: str = ""
    """Path of the element whose content this one repeats, such as ``Questionnaire.item``; else empty."""
    children: StructureType | None = None
    """The elements stated inside this one: always for a backbone element, in a profile also for a data type."""
    is_choice: bool = False
    is_summary: bool = False
    is_modifier: bool = False
    must_support: bool = False
    max_length: int | None = None
    representation: str = ""
    """``xmlAttr`` or ``xhtml`` where XML differs from the usual, else empty."""
    constraints: tuple[Constraint, ...] = ()
    fixed: Any = None
    """The value that a profile fixes, as decoded JSON; None when it fixes none."""
    pattern: Any = None
    """The pattern that a profile asks for, as decoded JSON; None when it asks for none."""
    slicing: Slicing | None = None
    slices: dict[str, Element] = {}
    min_value: Any = None
    """The least value that is allowed, as decoded JSON; None when there is no such bound."""
    max_value: Any = None
    """The greatest value that is allowed, as decoded JSON; None when there is no such bound."""

    def property_name(self, type_code: str) -> str:
        """The JSON property that holds a value of ``type_code``: ``value`` + ``Quantity`` for a choice."""
        return self.name + type_code[0].upper() + type_code[1:] if self.is_choice else self.name


class Property(NamedTuple):
    """What a JSON property means. ``type`` is None for an element that repeats the content of another."""

    element: Element
    type: TypeRef | None


class StructureType(Struct, frozen=True, dict=True, array_like=True, omit_defaults=True):
    """A resource type, data type, primitive type, profile, or the inside of a backbone element.

    ``name`` is the type's name (``Patient``; ``Patient.contact`` for a backbone element; for a profile the name of
    the type that it constrains) and ``kind`` is ``primitive-type``, ``complex-type``, ``resource``, ``logical`` or
    ``backbone``. ``elements`` holds all of them, inherited ones first, in the order of the specification.
    """

    name: str
    url: str
    kind: str
    base: str
    """Canonical of the base definition, empty for the roots Element and Resource."""
    abstract: bool
    elements: dict[str, Element]
    derivation: str = ""
    """``specialization``, ``constraint`` for a profile, empty for roots and backbone elements."""
    constraints: tuple[Constraint, ...] = ()
    contexts: tuple[tuple[str, str], ...] = ()
    """Where an extension may stand: (``element``, ``Patient``), (``fhirpath``, …), (``extension``, canonical)."""
    context_invariants: tuple[str, ...] = ()
    """FHIRPath that must be true of the element that holds the extension."""

    @property
    def is_profile(self) -> bool:
        """True when this constrains another type."""
        return self.derivation == "constraint"

    @cached_property
    def properties(self) -> dict[str, Property]:
        """JSON property -> element and type; choices are spelled out (``valueQuantity``), ``_x`` twins left out."""
        return {
            element.property_name(type_ref.code if type_ref else ""): Property(element, type_ref)
            for element in self.elements.values()
            for type_ref in (element.types or (None,))
            if type_ref or not element.is_choice
        }


class Component(Struct, frozen=True, array_like=True):
    """One half of a composite parameter: ``code`` and ``url`` name the parameter it is searched like."""

    code: str
    url: str
    type: str
    expression: str


class SearchParameter(Struct, frozen=True, array_like=True, omit_defaults=True):
    """A search parameter as it applies to one resource type. https://hl7.org/fhir/R4/searchparameter.html

    ``expression`` is cut to the branches of that type, empty for parameters without one (``_text``, ``_content``).
    ``type`` is number, date, string, token, reference, composite, quantity, uri or special.
    """

    code: str
    type: str
    expression: str
    url: str
    targets: tuple[str, ...] = ()
    components: tuple[Component, ...] = ()
    base: tuple[str, ...] = ()
    """All resource types of the definition, as published."""
