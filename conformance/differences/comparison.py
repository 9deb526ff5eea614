"""The comparison of two resources. https://hl7.org/fhir/R4/fhirpatch.html

In each object what is new comes before what goes: an element that loses its last child would go with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.definitions import Definitions
from conformance.differences.elements import Held, Item, Object, elements
from conformance.differences.lists import steps
from conformance.differences.values import part

_STAMPS = ("versionId", "lastUpdated", "_versionId", "_lastUpdated")
#: Names that FHIRPath reads otherwise unless they are delimited.
_WORDS = frozenset(("and", "as", "contains", "div", "false", "implies", "in", "is", "mod", "or", "true", "xor"))


def differences(left: Object, right: Object, definitions: Definitions) -> Object:
    """A Parameters resource with the operations that make ``left`` into ``right``; both are of one type.

    Raises Unprocessable for a resource with a property that is no element.
    """
    name = str(left["resourceType"])
    operations = list(_Comparison(definitions).of(name, _compared(left), _compared(right), name))
    return {"resourceType": "Parameters"} | ({"parameter": operations} if operations else {})


def _compared(resource: Object) -> Object:
    """The resource without what is no difference; a ``meta`` that held only stamps stays as an empty object."""
    kept = {name: value for name, value in resource.items() if name not in ("id", "_id")}
    if isinstance(kept.get("meta"), dict):
        kept["meta"] = {name: value for name, value in kept["meta"].items() if name not in _STAMPS}
    return kept


@dataclass(frozen=True, slots=True)
class _Comparison:
    definitions: Definitions

    def of(self, path: str, left: Object, right: Object, type: str) -> Iterator[Object]:
        """The operations that make one object of ``type``, at ``path``, into another."""
        before = elements(left, type, path, self.definitions)
        after = elements(right, type, path, self.definitions)
        for name, held in after.items():
            if name in before:
                yield from self._changed(path, name, before[name], held)
            else:
                yield from (self._added(path, name, item) for item in held.items if _is_something(item))
        for name, held in before.items():
            if name not in after and any(map(_is_something, held.items)):
                yield from _deleted(path, name, held)

    def _changed(self, path: str, name: str, before: Held, after: Held) -> Iterator[Object]:
        place = f"{path}.{_spelled(name)}"
        if not before.element.is_array:
            yield from self._item(place, before.items[0], after.items[0])
            return
        size = len(before.items)
        for step in steps([item.content for item in before.items], [item.content for item in after.items]):
            if step.kind == "change":
                yield from self._item(f"{place}[{step.left}]", before.items[step.left], after.items[step.right])
            elif step.kind == "delete":
                size -= 1
                yield _operation("delete", f"{place}[{step.left}]")
            else:
                new = after.items[step.right]
                yield self._added(path, name, new) if step.left == size else self._inserted(place, step.left, new)
                size += 1

    def _item(self, place: str, before: Item, after: Item) -> Iterator[Object]:
        if before.content == after.content:
            return
        if before.is_object and after.is_object and before.type == after.type and self._is_known(after.type):
            yield from self.of(place, before.value, after.value, after.type)
        else:
            yield _operation("replace", place, part("value", after, place, self.definitions))

    def _is_known(self, type: str) -> bool:
        return self.definitions.find_structure(type) is not None

    def _added(self, path: str, name: str, item: Item) -> Object:
        value = part("value", item, path, self.definitions)
        return _operation("add", path, {"name": "name", "valueString": name}, value)

    def _inserted(self, place: str, index: int, item: Item) -> Object:
        value = part("value", item, place, self.definitions)
        return _operation("insert", place, {"name": "index", "valueInteger": index}, value)


def _deleted(path: str, name: str, held: Held) -> Iterator[Object]:
    place = f"{path}.{_spelled(name)}"
    if not held.element.is_array:
        yield _operation("delete", place)
        return
    for index in reversed(range(len(held.items))):
        yield _operation("delete", f"{place}[{index}]")


def _is_something(item: Item) -> bool:
    return bool(item.value != {})


def _operation(type: str, path: str, *parts: dict[str, Any]) -> Object:
    told = [{"name": "type", "valueCode": type}, {"name": "path", "valueString": path}]
    return {"name": "operation", "part": [*told, *parts]}


def _spelled(name: str) -> str:
    """The name as a step of a path."""
    return f"`{name}`" if name in _WORDS else name
