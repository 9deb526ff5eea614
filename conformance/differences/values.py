"""An element as a part of a FHIRPath Patch. https://hl7.org/fhir/R4/fhirpatch.html"""

from __future__ import annotations

from typing import Any

from conformance.definitions import Definitions
from conformance.differences.elements import Item, Object, elements

_PARAMETER = "Parameters.parameter"
#: Types without a value[x], and the one that stands for each.
_STANDS_FOR = {"xhtml": "string"}


def part(name: str, item: Item, path: str, definitions: Definitions) -> Object:
    """A part with the element as value[x] or resource; what has neither comes as parts named like its elements."""
    if item.is_object and definitions.is_resource(item.type):
        return {"name": name, "resource": item.value}
    kind = _STANDS_FOR.get(item.type, item.type)
    key = f"value{kind[:1].upper()}{kind[1:]}"
    if key in definitions.structure(_PARAMETER).properties:
        held: dict[str, Any] = {"name": name, key: item.value, f"_{key}": item.twin}
        return {one: value for one, value in held.items() if value is not None}
    found = elements(item.value, item.type, path, definitions)
    inner = [part(one, each, path, definitions) for one, held in found.items() for each in held.items]
    return {"name": name, "part": inner}
