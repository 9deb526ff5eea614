"""What XML needs to know of a type: its elements by qualified name and their order, and what stands in attributes.

https://hl7.org/fhir/R4/xml.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, NamedTuple

from conformance.definitions import Definitions, Property, StructureType
from conformance.primitives import PRIMITIVES
from conformance.xml_codec.names import FHIR, XHTML
from conformance.xml_codec.values import CONVERSIONS

#: Combinations of properties that are remembered for one type, and how long they may be: more is met only in nonsense.
_PLANS, _PLANNED = 512, 64
#: Where unknown elements are written: after all others.
_LAST = 1_000_000


class Kind(Enum):
    """How an element is read and written."""

    PRIMITIVE = auto()
    COMPLEX = auto()
    XHTML = auto()
    RESOURCE = auto()
    """An element around a resource, such as ``contained``."""
    INNER = auto()
    """The resource inside such an element."""
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """One JSON property of a type that XML shows as an element."""

    name: str
    kind: Kind
    order: int
    is_array: bool
    step: str
    """The step in FHIRPath: ``value.ofType(Quantity)`` for ``valueQuantity``."""
    target: str
    """The table of what stands inside."""
    convert: Callable[[str], Any] | None = None
    """From the text of the ``value`` attribute to the JSON value; None when that is the text itself."""


class Step(NamedTuple):
    """One element to be written, with the JSON properties that hold its value and its extensions."""

    field: Field
    value: str
    twin: str


class Plan(NamedTuple):
    """In which order the properties of an object are written."""

    attributes: tuple[str, ...]
    unknown: tuple[str, ...]
    """Properties that stand for attributes unknown to FHIR: ``@name``."""
    steps: tuple[Step, ...]
    has_text: bool


@dataclass(slots=True)
class Table:
    """The XML side of one type, or of the inside of a backbone element."""

    type_name: str
    elements: dict[str, Field] = field(default_factory=dict)
    """Namespace, a blank and the name -> element."""
    properties: dict[str, Field] = field(default_factory=dict)
    """JSON property -> element."""
    attributes: frozenset[str] = frozenset()
    is_resource: bool = False
    _plans: dict[tuple[str, ...], Plan] = field(default_factory=dict)

    def plan(self, names: tuple[str, ...]) -> Plan:
        """How an object with these properties is written."""
        plan = self._plans.get(names)
        if plan is None:
            plan = self._planned(names)
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            if len(names) <= _PLANNED:
                self._plans[names] = plan
        return plan

    def name_at(self, order: int) -> str:
        """The name of the element at this place in the order."""
        return next((entry.name for entry in self.properties.values() if entry.order == order), "")

    def _planned(self, names: tuple[str, ...]) -> Plan:
        steps = {}
        for name in names:
            is_element = name not in self.attributes and not name.startswith("@") and name != "#text"
            if is_element and not (self.is_resource and name == "resourceType"):
                base = name.removeprefix("_")
                entry = self.properties.get(base) or unknown(base, _LAST)
                steps[base] = Step(entry, base, f"_{base}")
        ordered = sorted(steps.values(), key=_order)
        attributes = tuple(name for name in names if name in self.attributes)
        unknown_ones = tuple(name for name in names if name.startswith("@"))
        return Plan(attributes, unknown_ones, tuple(ordered), "#text" in names)


class Tables(dict[str, Table]):
    """Tables by type name or path of a backbone element, made from the definitions at first use."""

    def __init__(self, definitions: Definitions) -> None:
        super().__init__()
        self._definitions = definitions

    def __missing__(self, name: str) -> Table:
        structure = self._definitions.find_structure(name)
        if structure is None:  # the name comes from a request: it is not kept
            return Table(name)
        table = self[name] = _table(structure)
        return table


def unknown(name: str, order: int) -> Field:
    """An element that the definitions do not know, at a place in the order."""
    return Field(name, Kind.UNKNOWN, order, is_array=False, step=name, target="Element")


def _order(step: Step) -> int:
    return step.field.order


def _table(structure: StructureType) -> Table:
    fields = list(_fields(structure))
    table = Table(structure.name, is_resource=structure.kind == "resource")
    table.properties = {entry.name: entry for entry in fields}
    table.elements = {f"{FHIR} {entry.name}": entry for entry in fields}
    table.elements |= {f"{XHTML} {entry.name}": entry for entry in fields if entry.kind is Kind.XHTML}
    table.attributes = frozenset(e.name for e in structure.elements.values() if e.representation == "xmlAttr")
    return table


def _fields(structure: StructureType) -> Iterator[Field]:
    places = {name: order for order, name in enumerate(structure.elements)}
    for name, found in structure.properties.items():
        if found.element.representation != "xmlAttr":
            yield _field(name, found, places[found.element.name])


def _field(name: str, found: Property, order: int) -> Field:
    element, code = found.element, found.type.code if found.type else ""
    step = f"{element.name}.ofType({code})" if element.is_choice else name
    kind, target = _kind_and_target(found, code)
    return Field(name, kind, order, element.is_array, step, target, CONVERSIONS.get(code))


def _kind_and_target(found: Property, code: str) -> tuple[Kind, str]:
    if found.element.content_reference:
        return Kind.COMPLEX, found.element.content_reference
    if found.element.children is not None:
        return Kind.COMPLEX, found.element.path
    if code == "xhtml":
        return Kind.XHTML, ""
    if code in PRIMITIVES:
        return Kind.PRIMITIVE, "Element"
    return (Kind.RESOURCE, "") if code == "Resource" else (Kind.COMPLEX, code)
