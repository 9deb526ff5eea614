"""The R4 type model as FHIRPath walks it: elements by name, choices by their JSON keys, type tests.

https://hl7.org/fhir/R4/fhirpath.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from conformance.definitions import Definitions
from conformance.definitions.model import CORE


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


#: Types of which only the value tells what it is.
_OPEN = frozenset({"Resource", "DomainResource"})

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
        self._keys: dict[str, Mapping[str, str]] = {}
        self._ancestors: dict[str, frozenset[str]] = {}

    def step(self, type: str, name: str) -> tuple[Choice, ...]:
        """The JSON keys of element ``name`` in a value of ``type``; none when there is no such element."""
        found = self._steps.get((type, name))
        if found is None:
            found = self._steps[type, name] = self._find_step(type, name)
        return found

    def keys(self, type: str) -> Mapping[str, str]:
        """The JSON keys that a value of ``type`` may have, and the type of what stands under each."""
        found = self._keys.get(type)
        if found is None:
            found = self._keys[type] = self._find_keys(type)
        return found

    def _find_keys(self, type: str) -> dict[str, str]:
        structure = self._definitions.find_structure(type)
        names = structure.elements if structure else ()
        return {choice.key: choice.type for name in names for choice in self.step(type, name)}

    def is_list(self, type: str, name: str) -> bool:
        """True when JSON holds element ``name`` of ``type`` as a list."""
        element = self._definitions.element(type, name)
        return element is not None and element.is_array

    def children(self, node: Node) -> list[Node]:
        """All children of ``node``, in the order of its JSON."""
        value, keys = node.value, self.keys(node.type)
        if type(value) is not dict:
            twin = node.twin or {}
            return [
                child
                for key, kind in keys.items()
                if key != "value"
                for child in nodes_of(twin.get(key), kind, twin.get(f"_{key}"))
            ]
        found: list[Node] = []
        for key, inner in value.items():
            if key in keys:
                found.extend(nodes_of(inner, keys[key], value.get(f"_{key}")))
            elif key[:1] == "_" and key[1:] in keys and key[1:] not in value:
                found.extend(nodes_of(None, keys[key[1:]], inner))
        return found

    def is_type(self, name: str) -> bool:
        """True when ``name`` is a resource type, data type or primitive type."""
        return self._definitions.find_structure(unqualified(name)) is not None

    def is_known(self, name: str) -> bool:
        """True when ``name`` may stand where a type is asked for: also the System types."""
        return name.startswith("System.") or f"System.{name}" in NEAREST or self.is_type(name)

    def raw(self, type: str, canonical: str) -> dict[str, Any] | None:
        """A published conformance resource, freshly decoded."""
        return self._definitions.resource(type, canonical)

    def is_a(self, type: str, name: str) -> bool:
        """True when ``type`` is ``name`` (perhaps qualified, ``FHIR.Patient``) or derives from it."""
        if name.startswith("System."):
            return name in (type, "System.Any")
        if type.startswith("System."):
            return name == "System.Any" or (not name.startswith("FHIR.") and type == f"System.{name}")
        return unqualified(name) in self._lineage(type)

    def child_nodes(self, node: Node, name: str) -> list[Node]:
        """The children of ``node`` called ``name``, in order."""
        value = node.value
        if type(value) is not dict:
            return self._twin_children(node, name)
        if node.type == "System.TypeInfo":
            return nodes_of(value.get(name), "System.String")
        choices = self._steps.get((node.type, name)) or self.step(node.type, name)
        if len(choices) == 1:
            key, kind = choices[0]
            return nodes_of(value.get(key), kind, value.get(f"_{key}"))
        return [
            child
            for key, kind in choices
            if key in value or f"_{key}" in value
            for child in nodes_of(value.get(key), kind, value.get(f"_{key}"))
        ]

    def _twin_children(self, node: Node, name: str) -> list[Node]:
        if node.twin is None:
            return []
        choices = self.step(node.type, name)
        twin = node.twin
        return [
            child
            for key, kind in choices
            if key != "value"
            for child in nodes_of(twin.get(key), kind, twin.get(f"_{key}"))
        ]

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
            names.append(structure.base.removeprefix(CORE))
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
    if twin is None:
        if value is None:
            return []
        if type in _OPEN:
            return [Node(one, actual_type(one, type)) for one in _listed(value) if one is not None]
        return [Node(one, type) for one in value if one is not None] if isinstance(value, list) else [Node(value, type)]
    values = value if isinstance(value, list) else [value]
    twins = twin if isinstance(twin, list) else [twin]
    width = max(len(values), len(twins))
    pairs = zip(padded(values, width), padded(twins, width), strict=True)
    return [Node(one, actual_type(one, type), other) for one, other in pairs if one is not None or other is not None]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def padded(values: list[Any], width: int) -> list[Any]:
    """``values`` filled up with None."""
    return values + [None] * (width - len(values))


def actual_type(value: Any, type: str) -> str:
    """The type of a value whose element is declared as ``type``: a resource tells its own."""
    if type in _OPEN and isinstance(value, dict):
        return str(value.get("resourceType", type))
    return type
