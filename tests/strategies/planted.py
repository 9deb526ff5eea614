"""Planted defects: a valid resource with one thing wrong, and where a validator must say so.

This module plants the same kinds of defect in many resource types, at places that the definitions themselves tell.
https://hl7.org/fhir/R4/validation.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.definitions import Definitions
from conformance.definitions.model import Element, StructureType, TypeRef
from strategies.valid_resources import ValidResources
from terminology.membership import ValueSets


@dataclass(frozen=True, slots=True)
class Defect:
    """``sound`` has no error; ``resource`` has one at ``expression`` (or below it), and else only the ``cascade``."""

    name: str
    sound: dict[str, Any]
    resource: dict[str, Any]
    expression: str
    cascade: tuple[str, ...] = ()
    """Expressions at which further errors follow from the defect."""
    profile: str = ""
    """Canonical to validate against."""


#: Types in which every kind is planted, as far as they have a place for it.
TYPES = (
    "AllergyIntolerance", "Appointment", "CarePlan", "Claim", "Composition", "Condition", "Coverage",
    "DiagnosticReport", "Encounter", "Immunization", "MedicationRequest", "Observation", "Patient", "Procedure",
    "Questionnaire", "ValueSet",
)  # fmt: skip

#: Primitive type -> values that it cannot have.
BAD_PRIMITIVES: dict[str, tuple[Any, ...]] = {
    "base64Binary": ("?", "YQ=", "Y"),
    "boolean": ("true", 1),
    "canonical": ("a b", "relative"),
    "code": (" a", "a  b", 5),
    "date": ("2023-02-30", "2023-1-1", "20230101", "2023-01-01T00:00:00Z"),
    "dateTime": ("2023-02-03T08:00", "2023-02-03T25:00:00Z", "2023-02-03T08:00:00", "0000"),
    "decimal": ("1.5", True),
    "id": ("a_b", "", "x" * 65),
    "instant": ("2023-02-03", "2023-02-03T08:00:00"),
    "integer": ("1", 2**31, 1.5),
    "markdown": ("", "a\u0000"),
    "oid": ("1.2.3", "urn:oid:9.1"),
    "positiveInt": (0, -1),
    "string": ("", 5, "\u0007"),
    "time": ("24:00:00", "08:00", "8:00:00"),
    "unsignedInt": (-1, 2**31),
    "uri": ("a b", "urn:uuid:1"),
    "url": ("a b",),
    "uuid": ("c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"),
}  # fmt: skip


class Planter:
    """Makes defects from the definitions."""

    def __init__(self, definitions: Definitions, value_sets: ValueSets) -> None:
        self._definitions = definitions
        self._value_sets = value_sets
        self._make = ValidResources(definitions, value_sets, 11, 0)

    def all(self) -> Iterator[Defect]:
        """All defects of this module, always the same."""
        for type_name in TYPES:
            structure = self._definitions.structure(type_name)
            for kind in _KINDS:
                yield from kind(self, structure)
        yield from self._primitives()

    def sound(self, type_name: str) -> dict[str, Any]:
        """A valid resource with little in it."""
        return self._make.resource(type_name, 1)

    def defect(self, name: str, type_name: str, at: str, cascade: tuple[str, ...] = (), **changes: Any) -> Defect:
        """The defect that comes from setting properties of a sound resource; None takes one away."""
        sound = self.sound(type_name)
        broken = {key: value for key, value in (sound | changes).items() if not (key in changes and value is None)}
        place = f"{type_name}.{at}" if at else type_name
        return Defect(f"{name} in {type_name}", sound, broken, place, cascade)

    # Kinds

    def unknown_element(self, structure: StructureType) -> Iterator[Defect]:
        yield self.defect("unknown element", structure.name, "khongCo", khongCo=1)

    def wrong_type(self, structure: StructureType) -> Iterator[Defect]:
        yield self.defect("text for object", structure.name, "meta", meta="1")

    def too_few(self, structure: StructureType) -> Iterator[Defect]:
        element = next((one for one in structure.elements.values() if one.min), None)
        if element is not None:
            keys = {key for ref in element.types for key in _keys(element, ref)}
            sound = self.sound(structure.name)
            broken = {key: value for key, value in sound.items() if key not in keys}
            yield Defect(f"{element.path} missing", sound, broken, structure.name, (structure.name,))

    def too_many(self, structure: StructureType) -> Iterator[Defect]:
        yield self.defect("two where one may be", structure.name, "language", language=["vi", "en"])

    def bad_code(self, structure: StructureType) -> Iterator[Defect]:
        element = self._first(structure, self._is_coded)
        if element is not None:
            yield self.defect(f"code of {element.path}", structure.name, element.name, **{element.name: "khong-co"})

    def two_choices(self, structure: StructureType) -> Iterator[Defect]:
        element = self._first(structure, lambda one: one.is_choice and len(_plain_types(one)) > 1 and not one.min)
        if element is None:
            return
        values = {ref.code: self._make.value(ref, 0, element) for ref in _plain_types(element)[:2]}
        changes = {element.property_name(code): value for code, value in values.items()}
        places = tuple(f"{structure.name}.{element.name}.ofType({code})" for code in values)
        yield self.defect(f"two types of {element.path}", structure.name, element.name, places, **changes)

    def bad_target(self, structure: StructureType) -> Iterator[Defect]:
        element = self._first(structure, self._has_targets)
        if element is None:
            return
        wrong = next(one for one in ("Binary", "Slot") if one not in element.types[0].targets)
        at, value = element.name, {"reference": f"{wrong}/1"}
        yield self.defect(
            f"target of {element.path}", structure.name, at, **{at: [value] if element.is_array else value}
        )

    def dangling(self, structure: StructureType) -> Iterator[Defect]:
        element = self._first(structure, self._has_targets)
        if element is not None:
            at, value = element.name, {"reference": "#khong-co"}
            changes = {at: [value] if element.is_array else value}
            yield self.defect(f"#dangling in {element.path}", structure.name, at, **changes)

    def _primitives(self) -> Iterator[Defect]:
        """Each bad value once as the value of an extension, the one place where all types may stand."""
        sound = {"resourceType": "Basic", "code": {"text": "x"}}
        for code, values in BAD_PRIMITIVES.items():
            for value in values:
                key = f"value{code[0].upper()}{code[1:]}"
                broken = sound | {"extension": [{"url": "https://example.vn/x", key: value}]}
                place = f"Basic.extension[0].value.ofType({code})"
                yield Defect(f"{value!r:.30} as {code}", sound, broken, place)

    # Places

    def _first(self, structure: StructureType, is_it: Callable[[Element], Any]) -> Element | None:
        return next((element for element in structure.elements.values() if is_it(element)), None)

    def _is_coded(self, element: Element) -> bool:
        is_code = len(element.types) == 1 and element.types[0].code == "code" and not element.is_array
        is_bound = element.binding is not None and element.binding.strength == "required"
        return is_code and is_bound and self._value_sets.codes(element.binding.value_set) is not None  # type: ignore[union-attr]

    def _has_targets(self, element: Element) -> bool:
        refs = element.types
        is_reference = len(refs) == 1 and refs[0].code == "Reference"
        return is_reference and bool(refs[0].targets) and all(map(self._definitions.is_resource, refs[0].targets))


def _plain_types(element: Element) -> list[TypeRef]:
    return [ref for ref in element.types if ref.code not in ("Reference", "Timing")]


def _keys(element: Element, ref: TypeRef) -> tuple[str, str]:
    name = element.property_name(ref.code)
    return name, f"_{name}"


_KINDS: tuple[Callable[[Planter, StructureType], Iterator[Defect]], ...] = (
    Planter.unknown_element,
    Planter.wrong_type,
    Planter.too_few,
    Planter.too_many,
    Planter.bad_code,
    Planter.two_choices,
    Planter.bad_target,
    Planter.dangling,
)


def row(
    name: str,
    sound: dict[str, Any],
    change: Callable[[dict[str, Any]], object],
    at: str,
    *cascade: str,
    profile: str = "",
) -> Defect:
    """A defect that ``change`` makes in a copy of a sound resource; ``at`` goes from the resource down."""
    broken = copy.deepcopy(sound)
    change(broken)
    kind = sound["resourceType"]
    places = tuple(f"{kind}.{place}" if place else kind for place in cascade)
    return Defect(name, sound, broken, f"{kind}.{at}" if at else kind, places, profile)
