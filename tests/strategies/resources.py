"""Hypothesis strategies of valid resources, made from the definitions themselves.

``ResourceStrategies(definitions, value_sets).resource("Patient")`` draws structurally valid resources of a type: all
elements may appear, nested types included, down to a depth after which only required ones do.
"""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.definitions import Definitions
from conformance.definitions.model import Binding, Element, StructureType, TypeRef
from terminology.membership import ValueSets

VIETNAMESE = "Nguyễn Thị Đặng Văn ơưăâêôđ 0123456789 -./"

_text = st.text(st.sampled_from(VIETNAMESE) | st.characters(min_codepoint=0x20, max_codepoint=0x2FFF), max_size=12).map(
    lambda text: "x" + text
)
_id = st.from_regex(r"[A-Za-z0-9\-.]{1,12}", fullmatch=True)
_days = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)).map(dt.date.isoformat)
_times = st.times().map(lambda time: time.isoformat("milliseconds"))
_zones = st.sampled_from(["Z", "+07:00", "-03:30", "+14:00"])
_instants = st.tuples(_days, _times, _zones).map(lambda parts: f"{parts[0]}T{parts[1]}{parts[2]}")
_dates = _days.flatmap(lambda day: st.sampled_from([day, day[:7], day[:4]]))
_uris = _id.map(lambda name: f"https://example.org/{name}")
_uuids = st.uuids(version=4).map(lambda uuid: f"urn:uuid:{uuid}")

PRIMITIVES: dict[str, SearchStrategy[Any]] = {
    "base64Binary": st.binary(min_size=1, max_size=9).map(lambda data: base64.b64encode(data).decode()),
    "boolean": st.booleans(),
    "canonical": st.tuples(_uris, st.sampled_from(["", "|1.0", "#part"])).map("".join),
    "code": st.from_regex(r"[a-z]{1,8}( [a-z]{1,4})?", fullmatch=True),
    "date": _dates,
    "dateTime": _dates | _instants,
    "decimal": st.decimals(-(10**9), 10**9, allow_nan=False, places=3) | st.integers(-(10**6), 10**6).map(Decimal),
    "id": _id,
    "instant": _instants,
    "integer": st.integers(-(2**31), 2**31 - 1),
    "markdown": _text,
    "oid": st.from_regex(r"urn:oid:[0-2](\.(0|[1-9][0-9]{0,3})){1,4}", fullmatch=True),
    "positiveInt": st.integers(1, 2**31 - 1),
    "string": _text,
    "time": _times,
    "unsignedInt": st.integers(0, 2**31 - 1),
    "uri": _uris | _uuids,
    "url": _uris,
    "uuid": _uuids,
    "xhtml": st.sampled_from(["Xin chào", "<p>a &lt; b</p>", "<b>1</b><br/>"]).map(
        lambda inner: f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'
    ),
}

#: The profile of Quantity that takes its comparator away.
SIMPLE_QUANTITY = "http://hl7.org/fhir/StructureDefinition/SimpleQuantity"

#: Below this depth only required elements are drawn.
DEPTH = 3

#: At most this many optional elements of one object.
OPTIONAL = 5

#: Codes of systems that have a grammar instead of a list.
_DESCRIBED = {
    "urn:ietf:bcp:13": ("text/plain", "application/fhir+json; fhirVersion=4.0"),
    "urn:ietf:bcp:47": ("vi", "en-US", "zh-Hant-TW"),
    "urn:iso:std:iso:4217": ("VND", "USD"),
}


class ResourceStrategies:
    """Strategies of valid values of every type of some definitions."""

    def __init__(self, definitions: Definitions, value_sets: ValueSets) -> None:
        self._definitions = definitions
        self._value_sets = value_sets
        self._coded_members: dict[str, SearchStrategy[tuple[str, str]] | None] = {}

    def any_resource(self) -> SearchStrategy[dict[str, Any]]:
        """A resource of any concrete type."""
        return st.sampled_from(self._definitions.resource_types).flatmap(self.resource)

    def resource(self, type_name: str, depth: int = DEPTH) -> SearchStrategy[dict[str, Any]]:
        """A resource of this type."""
        return _resource(self, type_name, depth)

    def value(self, draw: DrawFn, type_name: str, depth: int) -> Any:
        """A value of a primitive or complex type."""
        if type_name in PRIMITIVES:
            return draw(PRIMITIVES[type_name])
        if type_name == "Reference":
            return self._reference(draw, TypeRef("Reference"))
        if type_name == "Extension":
            return self._extension(draw, depth)
        if type_name == "Resource":
            return draw(self.resource(draw(st.sampled_from(self._definitions.resource_types)), depth - 1))
        structure = self._definitions.structure(type_name)
        return self.object_of(draw, structure, structure, depth)

    def object_of(self, draw: DrawFn, structure: StructureType, root: StructureType, depth: int) -> dict[str, Any]:
        """An object with all required and some optional elements of a structure."""
        optional = [element for element in structure.elements.values() if not element.min and _is_free(element, depth)]
        chosen = draw(st.lists(st.sampled_from(optional), unique_by=_name, max_size=OPTIONAL)) if depth > 0 else []
        required = [element for element in structure.elements.values() if element.min]
        value: dict[str, Any] = {}
        for element in required + chosen:
            value.update(self._element(draw, element, root, depth - 1))
        if value.keys() <= {"id"} and structure.kind != "resource":
            value["extension"] = [self._extension(draw, 0)]
        return value

    def _element(self, draw: DrawFn, element: Element, root: StructureType, depth: int) -> dict[str, Any]:
        types = [type_ref for type_ref in element.types if depth > 0 or type_ref.code != "Resource"]
        type_ref = draw(st.sampled_from(types)) if types else TypeRef("")
        if not element.is_array:
            items = [self._item(draw, element, type_ref, root, depth)]
        else:
            least = max(element.min, 1)
            items = [
                self._item(draw, element, type_ref, root, depth) for _ in range(draw(st.integers(least, least + 1)))
            ]
        name = element.property_name(type_ref.code)
        if _has_twin(element, type_ref) and depth > 0:
            return self._with_twin(draw, name, items, element.is_array)
        return {name: items if element.is_array else items[0]}

    def _with_twin(self, draw: DrawFn, name: str, items: list[Any], is_array: bool) -> dict[str, Any]:
        """The primitive with extensions in some places, and in some of these without a value."""
        if draw(st.integers(0, 5)) != 0:
            return {name: items if is_array else items[0]}
        twins: list[Any] = [{"extension": [self._extension(draw, 0)]} for _ in items]
        if is_array:
            twins[-1] = twins[-1] if draw(st.booleans()) or len(items) == 1 else None
            values = [None if twin and draw(st.booleans()) else item for item, twin in zip(items, twins, strict=True)]
            has_value = any(item is not None for item in values)
            return ({name: values} if has_value else {}) | {f"_{name}": twins}
        return ({name: items[0]} if draw(st.booleans()) else {}) | {f"_{name}": twins[0]}

    def _item(self, draw: DrawFn, element: Element, type_ref: TypeRef, root: StructureType, depth: int) -> Any:
        if element.content_reference:
            inner = self._definitions.structure(element.content_reference)
            return self.object_of(draw, inner, root, depth)
        if element.children is not None:
            return self.object_of(draw, element.children, root, depth)
        if bound := element.binding and _must_be_in(element.binding):
            coded = self._coded(draw, bound, type_ref.code)
            if coded is not None:
                return coded
        if type_ref.code == "Reference":
            return self._reference(draw, type_ref)
        value = self.value(draw, type_ref.code, depth)
        if SIMPLE_QUANTITY not in type_ref.profiles:
            return value
        value = {key: part for key, part in value.items() if key.removeprefix("_") != "comparator"}
        return value if value.keys() - {"id"} else value | {"extension": [self._extension(draw, 0)]}

    def _coded(self, draw: DrawFn, value_set: str, type_name: str) -> Any:
        """A member of a required value set, or None when its members are not all known."""
        members = self._members(value_set)
        if members is None:
            return None
        system, code = draw(members)
        coding = {"system": system, "code": code}
        return {"code": code, "Coding": coding, "CodeableConcept": {"coding": [coding]}}.get(type_name)

    def _members(self, value_set: str) -> SearchStrategy[tuple[str, str]] | None:
        if value_set not in self._coded_members:
            expansion = self._value_sets.expansion(value_set)
            members = sorted((system, code) for system, codes in expansion.codes.items() for code in codes)
            described = _DESCRIBED.keys() & expansion.open_systems
            members = [(system, code) for system in sorted(described) for code in _DESCRIBED[system]] or members
            is_known = members and (expansion.is_complete or described)
            self._coded_members[value_set] = st.sampled_from(members) if is_known else None
        return self._coded_members[value_set]

    def _reference(self, draw: DrawFn, type_ref: TypeRef) -> dict[str, Any]:
        targets = [name for name in type_ref.targets if self._definitions.is_resource(name)]
        target = draw(st.sampled_from(targets or self._definitions.resource_types))
        name = draw(_id)
        literal = st.sampled_from(
            [
                f"{target}/{name}",
                f"{target}/{name}/_history/1",
                f"https://example.org/fhir/{target}/{name}",
                f"urn:uuid:00000000-0000-4000-8000-{len(name):012d}",
            ]
        )
        form = draw(st.integers(0, 3))
        if form == 0:
            return {"display": draw(_text)}
        return {"reference": draw(literal)} | ({"type": target} if form == 1 else {})

    def _extension(self, draw: DrawFn, depth: int) -> dict[str, Any]:
        url = draw(_uris)
        if depth > 0 and draw(st.booleans()):
            return {"url": url, "extension": [{"url": "part", "valueString": draw(_text)}]}
        types = self._definitions.structure("Extension").elements["value"].types
        codes = [type_ref.code for type_ref in types if depth > 0 or type_ref.code in PRIMITIVES]
        code = draw(st.sampled_from(codes))
        return {"url": url, f"value{code[0].upper()}{code[1:]}": self.value(draw, code, depth - 1)}


@st.composite
def _resource(draw: DrawFn, types: ResourceStrategies, type_name: str, depth: int) -> dict[str, Any]:
    structure = types._definitions.structure(type_name)
    return {"resourceType": type_name} | types.object_of(draw, structure, structure, depth)


def _is_free(element: Element, depth: int) -> bool:
    """True when the element may be drawn: what is contained obeys rules about the resource around it."""
    has_room = depth > 1 or any(type_ref.code != "Resource" for type_ref in element.types) or not element.types
    return element.name != "contained" and element.max != 0 and has_room


def _has_twin(element: Element, type_ref: TypeRef) -> bool:
    """True for a primitive that may carry extensions: XML attributes and XHTML cannot."""
    return type_ref.code in PRIMITIVES and type_ref.code != "xhtml" and not element.representation


def _name(element: Element) -> str:
    return element.name


def _must_be_in(binding: Binding) -> str:
    """The value set that a value may not lie outside of, "" when there is none."""
    return binding.value_set if binding.strength == "required" else binding.maximum
