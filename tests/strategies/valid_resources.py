"""Seeded generator of valid resources of every type, made from the definitions; thousands in a few seconds.

``ValidResources(definitions, value_sets, seed).resource("Patient")``. Elements, types, cardinalities and codes are
those of the structures; what invariants and other rules between elements ask for is mended by
``strategies.valid_mends``, which is written from the text of the specification and shares nothing with the validator.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from conformance.definitions import Definitions
from conformance.definitions.model import Element, StructureType, TypeRef
from strategies.valid_extensions import Published
from strategies.valid_mends import MENDS
from strategies.valid_values import PRIMITIVES, name, text
from terminology.membership import ValueSets

#: Members of sets that no definition can list.
_OPEN = {
    "http://hl7.org/fhir/ValueSet/mimetypes": ("urn:ietf:bcp:13", ("text/plain", "application/fhir+json")),
    "http://hl7.org/fhir/ValueSet/languages": ("urn:ietf:bcp:47", ("vi", "en-US")),
    "http://hl7.org/fhir/ValueSet/all-languages": ("urn:ietf:bcp:47", ("vi", "en-US")),
    "http://hl7.org/fhir/ValueSet/currencies": ("urn:iso:std:iso:4217", ("VND", "EUR")),
    "http://hl7.org/fhir/ValueSet/ucum-units": ("http://unitsofmeasure.org", ("mg", "kg/m2")),
}
#: Primitives that may have an extension in place of a value: no rule between elements asks for their value.
_MAY_LACK = frozenset({"string", "markdown", "dateTime", "date", "decimal", "integer"})
#: The part of objects that have all their elements.
_WHOLE = 0.05
#: Put in with what refers to them, or only where the specification publishes some.
_LEFT_OUT = frozenset({"contained", "modifierExtension"})
#: Profile of a data type -> elements that it takes away.
_TAKEN_AWAY = {"http://hl7.org/fhir/StructureDefinition/SimpleQuantity": ("comparator", "_comparator")}

#: A code of each system of which the grammar is known; of any other system every text may be one.
_CODES = {
    "http://loinc.org": "60591-5",
    "http://snomed.info/sct": "73211009",
    "http://unitsofmeasure.org": "mg",
    "urn:ietf:bcp:13": "text/plain",
    "urn:ietf:bcp:47": "vi",
    "urn:iso:std:iso:3166": "VN",
    "urn:iso:std:iso:3166:-2": "VN-HN",
    "urn:iso:std:iso:4217": "VND",
}


class ValidResources:
    """A stream of valid resources. ``size`` is the most optional elements that an object is given."""

    def __init__(self, definitions: Definitions, value_sets: ValueSets, seed: int, size: int = 4) -> None:
        self.definitions = definitions
        self.random = Random(seed)
        self._value_sets = value_sets
        self._size = size
        self._members: dict[str, list[tuple[str, str]]] = {}
        self._published = Published.of(definitions)
        self._contained: list[dict[str, Any]] | None = None
        self._ids = 0
        self._drawn: Counter[str] = Counter()

    def any_resource(self) -> dict[str, Any]:
        """A resource of any concrete type."""
        return self.resource(self.random.choice(self.definitions.resource_types))

    def resource(self, type_name: str, depth: int = 5) -> dict[str, Any]:
        """A resource of this type, with contained ones now and then."""
        structure = self.definitions.structure(type_name)
        may_contain = depth > 2 and "contained" in structure.elements
        around, self._contained = self._contained, [] if may_contain else None
        made = {"resourceType": type_name} | self.object_of(structure, depth)
        held = [inner for inner in self._contained or () if _is_named(made, f"#{inner['id']}")]
        if held:  # a mend may have taken a reference away again
            made["contained"] = held
        self._contained = around
        return made

    @property
    def drawn(self) -> set[str]:
        """Paths of all elements that have been generated."""
        return set(self._drawn)

    def chance(self, part: float) -> bool:
        return self.random.random() < part

    def object_of(self, structure: StructureType, depth: int) -> dict[str, Any]:
        """An object with all required and some optional elements, mended."""
        optional = [element for element in structure.elements.values() if not element.min and element.max != 0]
        optional = [element for element in optional if element.name not in _LEFT_OUT and self._has_room(element, depth)]
        most = len(optional) if self.chance(_WHOLE) else self.random.randint(0, self._size)
        count = min(len(optional), most) if depth > 0 else 0
        optional.sort(key=lambda element: self._drawn[element.path] * self.random.random())
        wanted = {element.name for element in optional[:count]}  # rather those that have seldom been drawn
        value: dict[str, Any] = {}
        for element in structure.elements.values():
            if element.min or element.name in wanted:
                value.update(self.element(element, structure.name, depth - 1))
        modifiers = self._published.modifiers(structure.name)
        if modifiers and depth > 1 and self.chance(0.2):
            value["modifierExtension"] = [self._published.extension(self, self.random.choice(modifiers), depth)]
        for kind in (structure.name, structure.base.rpartition("/")[2]):
            for mend in MENDS.get(kind, ()):
                mend(self, structure, value)
        if value.keys() <= {"id"} and structure.kind != "resource":
            value["extension"] = [self._extension(structure.name, 0)]
        return value

    def element(self, element: Element, owner: str, depth: int, choice: str = "") -> dict[str, Any]:
        """The JSON properties of one element; ``choice`` names the type that it shall have."""
        types = [ref for ref in element.types if choice in ("", ref.code)]
        ref = self.random.choice(types) if types else TypeRef("")
        count = max(element.min, 1) + (element.is_array and element.max is None and self.chance(0.3))
        items = [self._item(element, ref, owner, depth) for _ in range(count if element.is_array else 1)]
        self._drawn[element.path] += 1
        key = element.property_name(ref.code)
        is_primitive = ref.code in PRIMITIVES and not element.representation and ref.code != "xhtml"
        if is_primitive and depth > 0 and owner != "Extension" and self.chance(0.1):
            return self._with_twin(key, items, element, ref.code)
        return {key: items if element.is_array else items[0]}

    def _has_room(self, element: Element, depth: int) -> bool:
        return depth > 1 or not any(ref.code in ("Resource", "Extension") for ref in element.types)

    def _with_twin(self, key: str, items: list[Any], element: Element, code: str) -> dict[str, Any]:
        may_lack = code in _MAY_LACK and not element.min
        twins = [self._twin(element.path) for _ in items]
        if not element.is_array:
            return {f"_{key}": twins[0]} if may_lack and self.chance(0.3) else {key: items[0], f"_{key}": twins[0]}
        values = [None if may_lack and self.chance(0.3) else item for item in items]
        kept = [
            None if value is not None and self.chance(0.3) else twin for value, twin in zip(values, twins, strict=True)
        ]
        made = {} if all(value is None for value in values) else {key: values}
        return made if all(twin is None for twin in kept) else made | {f"_{key}": kept}

    def _twin(self, path: str) -> dict[str, Any]:
        twin: dict[str, Any] = {"extension": [self._extension(path, 1)]}
        return twin | ({"id": self.element_id()} if self.chance(0.2) else {})

    def element_id(self) -> str:
        """An id that no other element has."""
        self._ids += 1
        return f"e{self._ids}"

    def _item(self, element: Element, ref: TypeRef, owner: str, depth: int) -> Any:
        if element.name == "id" and owner[0].isupper() and not self.definitions.is_resource(owner):
            return self.element_id()
        if element.content_reference:
            return self.object_of(self.definitions.structure(element.content_reference), depth)
        if element.children is not None:
            return self.object_of(element.children, depth)
        if ref.code == "Extension":
            return self._extension(owner, depth)
        return self.value(ref, depth, element)

    def value(self, ref: TypeRef, depth: int, element: Element | None = None) -> Any:
        """A value of a type; ``element`` brings its binding."""
        coded = self._coded(element, ref.code)
        if coded is not None:
            return coded
        if ref.code == "canonical":
            return self._canonical(ref)
        if ref.code in PRIMITIVES:
            return PRIMITIVES[ref.code](self.random)
        if ref.code == "Reference":
            return self.reference(ref)
        if ref.code == "Resource":
            return self.resource(self.random.choice(self.definitions.resource_types), depth - 1)
        made = self.object_of(self.definitions.structure(ref.code), depth)
        for profile in ref.profiles:
            for key in _TAKEN_AWAY.get(profile, ()):
                made.pop(key, None)
        return made if made.keys() - {"id"} else made | {"extension": [self._extension(ref.code, 0)]}

    def _coded(self, element: Element | None, code: str) -> Any:
        binding = element.binding if element is not None else None
        if element is None or binding is None:
            return None
        must = binding.strength == "required" or binding.maximum or element.path.startswith("Extension")
        members = self.members(binding.value_set)
        if must and not members and code in ("Coding", "CodeableConcept"):
            open_systems = self._value_sets.expansion(binding.value_set).open_systems
            systems = sorted(open_systems or {"https://example.org/cs"})
            members = [(system, _CODES.get(system, "a")) for system in systems]
        if not members or (not must and self.chance(0.5)):
            return None
        system, member = self.random.choice(members)
        coding = {"system": system, "code": member}
        concept = {"coding": [coding]} | ({"text": text(self.random)} if self.chance(0.3) else {})
        return {"code": member, "Coding": coding, "CodeableConcept": concept}.get(code)

    def members(self, value_set: str) -> list[tuple[str, str]]:
        """(system, code) of a value set; empty when they are not known."""
        if value_set not in self._members:
            url = value_set.partition("|")[0]
            expansion = self._value_sets.expansion(value_set)
            found = sorted((system, code) for system, codes in expansion.codes.items() for code in codes)
            if url in _OPEN:
                found = [(_OPEN[url][0], code) for code in _OPEN[url][1]]
            self._members[value_set] = found
        return self._members[value_set]

    def _canonical(self, ref: TypeRef) -> str:
        if "ValueSet" in ref.targets and self.chance(0.3):
            return "http://hl7.org/fhir/ValueSet/administrative-gender" + self.random.choice(["", "|4.0.1"])
        return str(PRIMITIVES["canonical"](self.random))

    def reference(self, ref: TypeRef) -> dict[str, Any]:
        """A reference of one of the allowed types in one of its forms."""
        targets = [target for target in ref.targets if self.definitions.is_resource(target)]
        target = self.random.choice(targets or self.definitions.resource_types)
        form = self.random.randint(0, 9)
        label = {"display": text(self.random)} if self.chance(0.3) else {}
        if form == 0:
            return {"display": text(self.random)}
        if form == 1:
            return {"type": target, "identifier": {"system": "https://example.org/sid", "value": name(self.random)}}
        if form == 2 and self._contained is not None and target not in ("Bundle", "Parameters", "Binary"):
            return {"reference": self._contain(target)} | label
        return {"reference": self._literal(target)} | ({"type": target} if form == 3 else {}) | label

    def _literal(self, target: str) -> str:
        here = f"{target}/{name(self.random)}"
        forms = [here, here, f"{here}/_history/{name(self.random, 3)}", f"https://example.org/fhir/{here}"]
        forms += [PRIMITIVES["uuid"](self.random), PRIMITIVES["oid"](self.random), f"http://a.vn/{name(self.random)}"]
        return self.random.choice(forms)

    def _contain(self, target: str) -> str:
        held, self._contained = self._contained, None
        made = self.resource(target, 1)
        self._contained = held
        if held is None:
            raise RuntimeError(target)
        made["id"] = f"c{len(held)}-{self.element_id()}"
        made.pop("contained", None)
        made.pop("meta", None)
        held.append(made)
        return f"#{made['id']}"

    def _extension(self, owner: str, depth: int) -> dict[str, Any]:
        """An extension: one that the specification defines for this place, or one that nobody knows."""
        known = self._published.at(owner)
        if known and depth > 0 and self.chance(0.5):
            return self._published.extension(self, self.random.choice(known), depth)
        url = f"https://example.vn/ext/{name(self.random)}"
        if depth > 0 and self.chance(0.3):
            return {"url": url, "extension": [{"url": "part", "valueString": text(self.random)}]}
        refs = self.definitions.structure("Extension").elements["value"].types
        ref = self.random.choice([ref for ref in refs if depth > 0 or ref.code in PRIMITIVES])
        return {"url": url, f"value{ref.code[0].upper()}{ref.code[1:]}": self.value(ref, depth - 1)}


def _is_named(value: Any, fragment: str) -> bool:
    """Whether a reference leads to what is contained under this name."""
    if isinstance(value, dict):
        return value.get("reference") == fragment or any(_is_named(inner, fragment) for inner in value.values())
    return isinstance(value, list) and any(_is_named(inner, fragment) for inner in value)
