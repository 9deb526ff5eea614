"""The elements of an object by name, each with its type, its value and what stands beside the value.

https://hl7.org/fhir/R4/json.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from conformance.definitions import Definitions
from conformance.definitions.model import Element
from conformance.differences.messages import UNKNOWN_ELEMENT
from conformance.errors import Unprocessable
from conformance.fhirpath.model import actual_type, plain

Object = dict[str, Any]
_CANONICAL = msgspec.json.Encoder(decimal_format="number", order="sorted")


class Item(NamedTuple):
    """One element. A primitive may have a ``twin`` with its id and extensions, and may lack a value."""

    type: str
    value: Any
    twin: Object | None = None

    @property
    def content(self) -> bytes:
        """What it holds; equal for equal elements, with every digit of a number."""
        return _CANONICAL.encode((self.type, self.value, self.twin))

    @property
    def is_object(self) -> bool:
        """True when it has elements of its own."""
        return isinstance(self.value, dict)


class Held(NamedTuple):
    """What stands under one name: the definition of the element and its items in order."""

    element: Element
    items: list[Item]


def elements(value: Object, type: str, path: str, definitions: Definitions) -> dict[str, Held]:
    """The elements of an object of ``type`` by name; a choice by its name without the type.

    Raises Unprocessable for a property that is no element.
    """
    properties = definitions.structure(type).properties
    found: dict[str, Held] = {}
    for key in dict.fromkeys(name.removeprefix("_") for name in value if name != "resourceType"):
        held = properties.get(key)
        if held is None:
            raise Unprocessable.of(UNKNOWN_ELEMENT, path, path=path, name=key, type=type)
        element, ref = held
        inside = element.path if element.children is not None else plain(ref.code if ref else "")
        items = list(_items(value.get(key), value.get(f"_{key}"), element.content_reference or inside))
        if items:
            found[element.name] = Held(element, items)
    return found


def _items(value: Any, twin: Any, type: str) -> Iterator[Item]:
    if not isinstance(value, list) and not isinstance(twin, list):
        yield Item(actual_type(value, type), value, twin)
        return
    values, twins = value or [], twin or []
    for index in range(max(len(values), len(twins))):
        one = values[index] if index < len(values) else None
        other = twins[index] if index < len(twins) else None
        if one is not None or other is not None:
            yield Item(actual_type(one, type), one, other)
