"""Nodes as parts of a Parameters resource. https://github.com/brianpos/fhirpath-lab/blob/master/server-api.md"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.definitions import Definitions
from conformance.fhirpath.model import NEAREST, Node
from conformance.fhirpath.quantities import UCUM, Quantity
from conformance.json_codec import encode
from fhir_server.operations.fhirpath.question import JSON_VALUE

RESOURCE_PATH = "http://fhir.forms-lab.com/StructureDefinition/resource-path"


def places(value: Any, path: str) -> Iterator[tuple[int, str]]:
    """The identity and the FHIRPath of every object inside a decoded resource."""
    if isinstance(value, dict):
        yield id(value), path
        for name, inner in value.items():
            if isinstance(inner, dict):
                yield from places(inner, f"{path}.{name}")
            elif isinstance(inner, list):
                for index, item in enumerate(inner):
                    yield from places(item, f"{path}.{name}[{index}]")


def part_of(node: Node, paths: Mapping[int, str], definitions: Definitions) -> dict[str, Any]:
    """A part that is named for the type of a node and holds its value, with its path where it is an object."""
    name = NEAREST.get(node.type, node.type.removeprefix("System."))
    if node.value == "":
        return {"name": "empty-string"}
    part: dict[str, Any] = {"name": name, **_value(node, name, definitions)}
    path = paths.get(id(node.value)) if isinstance(node.value, dict) else None
    if path:
        part["extension"] = [*part.get("extension", ()), {"url": RESOURCE_PATH, "valueString": path}]
    return part


def _value(node: Node, name: str, definitions: Definitions) -> dict[str, Any]:
    """The member that holds the value: value[x], resource, or else the extension with its JSON."""
    value = _quantity(node.value) if isinstance(node.value, Quantity) else node.value
    if definitions.is_resource(name) and isinstance(value, dict):
        return {"resource": value}
    key = f"value{_near(name)[:1].upper()}{_near(name)[1:]}"
    if key not in definitions.structure("Parameters.parameter").properties:
        return {"extension": [{"url": JSON_VALUE, "valueString": encode(value).decode()}]}
    held = {key: value, f"_{key}": node.twin}
    return {name: one for name, one in held.items() if one is not None}


def _near(name: str) -> str:
    """The type with a value[x] that stands for one without."""
    return {"xhtml": "string", "SimpleQuantity": "Quantity", "MoneyQuantity": "Quantity"}.get(name, name)


def _quantity(value: Quantity) -> dict[str, Any]:
    if value.is_calendar:
        return {"value": value.value, "unit": value.unit}
    return {"value": value.value, "unit": value.unit, "system": UCUM, "code": value.unit}
