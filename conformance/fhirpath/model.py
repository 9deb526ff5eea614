"""The R4 type model as FHIRPath walks it: elements by name, choices by their JSON keys, type tests.

https://hl7.org/fhir/R4/fhirpath.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

from conformance.definitions import Definitions, type_of


class Node(NamedTuple):
    """A value of a collection with its type.

    ``type`` is a FHIR type name (``Quantity``, ``Patient.contact`` for a backbone element) or a System type such as
    ``System.Boolean``. ``twin`` is the ``_name`` object that carries id and extensions of a primitive value.
    """

    value: Any
    type: str
    twin: dict[str, Any] | None = None


class Choice(NamedTuple):
    """One JSON key under which an element may stand, and the type it then has."""

    key: str
    type: str


_SYSTEM = "http://hl7.org/fhirpath/System."

#: System types and the FHIR primitive that is nearest to each.
NEAREST = {
    "System.Boolean": "boolean",
    "System.String": "string",
    "System.Integer": "integer",
    "System.Decimal": "decimal",
    "System.Date": "date",
    "System.DateTime": "dateTime",
    "System.Time": "time",
    "System.Quantity": "Quantity",
}


class Model:
    """Steps and type tests over the definitions, each worked out once."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._steps: dict[tuple[str, str], tuple[Choice, ...]] = {}
        self._ancestors: dict[str, frozenset[str]] = {}

    def step(self, type: str, name: str) -> tuple[Choice, ...]:
        """The JSON keys of element ``name`` in a value of ``type``; none when there is no such element."""
        found = self._steps.get((type, name))
        if found is None:
            found = self._steps[type, name] = self._find_step(type, name)
        return found

    def is_type(self, name: str) -> bool:
        """True when ``name`` is a resource type, data type or primitive type."""
        return self._definitions.find_structure(unqualified(name)) is not None

    def is_a(self, type: str, name: str) -> bool:
        """True when ``type`` is ``name`` (perhaps qualified, ``FHIR.Patient``) or derives from it."""
        if name.startswith("System."):
            return type == name
        if type.startswith("System."):
            return not name.startswith("FHIR.") and type == f"System.{name}"
        return unqualified(name) in self._lineage(type)

    def child_nodes(self, node: Node, name: str) -> list[Node]:
        """The children of ``node`` called ``name``, in order."""
        value = node.value
        if type(value) is not dict:
            return self._twin_children(node, name)
        nodes: list[Node] = []
        for choice in self.step(node.type, name):
            nodes.extend(nodes_of(value.get(choice.key), choice.type, value.get(f"_{choice.key}")))
        return nodes

    def _twin_children(self, node: Node, name: str) -> list[Node]:
        if node.twin is None:
            return []
        choices = self.step(node.type, name)
        return [child for choice in choices for child in nodes_of(node.twin.get(choice.key), choice.type)]

    def _find_step(self, type: str, name: str) -> tuple[Choice, ...]:
        structure = self._definitions.find_structure(type)
        element = structure.elements.get(name) if structure else None
        if element is None:
            return ()
        if element.content_reference:
            return (Choice(element.name, element.content_reference),)
        if element.children is not None:
            return (Choice(element.name, element.path),)
        return tuple(Choice(element.property_name(ref.code), plain(ref.code)) for ref in element.types)

    def _lineage(self, type: str) -> frozenset[str]:
        known = self._ancestors.get(type)
        if known is None:
            known = self._ancestors[type] = frozenset(self._climb(type))
        return known

    def _climb(self, type: str) -> list[str]:
        if "." in type:
            return [type, "BackboneElement", "Element"]
        names = [type]
        structure = self._definitions.find_structure(type)
        while structure is not None and structure.base:
            names.append(type_of(structure.base))
            structure = self._definitions.find_structure(names[-1])
        return names


def unqualified(name: str) -> str:
    """``FHIR.Patient`` as ``Patient``."""
    return name.removeprefix("FHIR.")


def plain(code: str) -> str:
    """A type code of an ElementDefinition as a FHIR type name: System types become the nearest primitive."""
    return NEAREST[f"System.{code.removeprefix(_SYSTEM)}"] if code.startswith(_SYSTEM) else code


def nodes_of(value: Any, type: str, twin: Any = None) -> list[Node]:
    """A JSON value (single, list or absent) as nodes; nulls of primitive lists keep their twin only."""
    if value is None and twin is None:
        return []
    values = value if isinstance(value, list) else [value]
    twins = twin if isinstance(twin, list) else [twin]
    width = max(len(values), len(twins))
    pairs = zip(padded(values, width), padded(twins, width), strict=True)
    return [Node(one, actual_type(one, type), other) for one, other in pairs if one is not None or other is not None]


def padded(values: list[Any], width: int) -> list[Any]:
    """``values`` filled up with None."""
    return values + [None] * (width - len(values))


def actual_type(value: Any, type: str) -> str:
    """The type of a value whose element is declared as ``type``: a resource tells its own."""
    if type in ("Resource", "DomainResource") and isinstance(value, dict):
        return str(value.get("resourceType", type))
    return type
