"""A resource in which every element has an identity, so that what FHIRPath selects can be found and changed.

Objects have one by themselves. For the rest each primitive gets an object beside it (its ``_name`` twin, empty where it
has neither id nor extension), and the list of twins is as long as the list of values.
https://hl7.org/fhir/R4/json.html#primitive
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from conformance.fhirpath import Model, Node
from conformance.fhirpath.model import actual_type

Object = dict[str, Any]


class Content(NamedTuple):
    """A new element. A primitive brings its twin and may have no value (None)."""

    type: str
    value: Any
    twin: Object | None = None


class Place(NamedTuple):
    """Where an element stands: the object that holds it, the type of that, JSON key, and index (``at``) in a list."""

    parent: Object
    type: str
    key: str
    at: int | None
    level: int
    """How deep ``parent`` is nested; the resource itself is at 1."""

    @property
    def inner_level(self) -> int:
        """How deep the object of the element itself is nested."""
        return self.level + (1 if self.at is None else 2)


class Tree:
    """A copy of a resource while it is patched."""

    def __init__(self, resource: Object, model: Model) -> None:
        self.root = marked(resource)
        self.visited = 0
        """Objects that were looked at to find elements."""
        self._model = model

    def resource(self) -> Object:
        """The resource as plain JSON."""
        return unmarked(self.root)

    def places(self, wanted: Collection[int]) -> dict[int, Place]:
        """The places of the elements of these identities; what is no element inside the resource has none."""
        found: dict[int, Place] = {}
        waiting = [(self.root, actual_type(self.root, "Resource"), 1)]
        while waiting and len(found) < len(wanted):
            parent, owner, level = waiting.pop()
            self.visited += 1
            kinds = self._model.keys(owner)
            for name, inner in parent.items():
                listed = inner.__class__ is list
                for at, item in enumerate(inner) if listed else ((None, inner),):
                    if item.__class__ is not dict:
                        continue
                    key = name.removeprefix("_")
                    if id(item) in wanted:
                        found[id(item)] = Place(parent, owner, key, at, level)
                    if item and key in kinds:
                        waiting.append((item, actual_type(item, kinds[key]), level + 1 + listed))
        return found


def identity(node: Node) -> int:
    """What tells the element of ``node`` from all others; of no element when the node was computed."""
    return id(inside(node))


def inside(node: Node) -> Any:
    """The object that holds the children of ``node``."""
    return node.value if node.value.__class__ is dict else node.twin


# -- changes


def append(parent: Object, key: str, content: Content, index: int | None = None) -> None:
    """Put an element into the list ``key``, at its end or before ``index``."""
    for name, item in _parts(key, content):
        items = parent.setdefault(name, [])
        items.insert(len(items) if index is None else index, item)


def assign(parent: Object, key: str, content: Content) -> None:
    """Put an element under ``key``, which does not repeat."""
    for name, item in _parts(key, content):
        if item is not None:
            parent[name] = item
        else:
            parent.pop(name, None)


def replace(place: Place, key: str, content: Content) -> None:
    """Exchange the element at ``place``; ``key`` is another when a choice gets another type."""
    if place.at is not None:
        for name, item in _parts(key, content):
            place.parent[name][place.at] = item
        return
    if key != place.key:
        remove(place)
    assign(place.parent, key, content)


def remove(place: Place) -> None:
    """Take the element at ``place`` out, and its list when that becomes empty."""
    for name in _names(place):
        if place.at is not None:
            del place.parent[name][place.at]
        if place.at is None or not place.parent[name]:
            del place.parent[name]


def shift(place: Place, source: int, destination: int) -> None:
    """Move the item ``source`` of the list at ``place`` so that it stands at ``destination``."""
    for name in _names(place):
        items = place.parent[name]
        items.insert(destination, items.pop(source))


def _parts(key: str, content: Content) -> list[tuple[str, Any]]:
    return [(key, content.value)] if content.twin is None else [(key, content.value), (f"_{key}", content.twin)]


def _names(place: Place) -> list[str]:
    return [name for name in (place.key, f"_{place.key}") if name in place.parent]


# -- marks


def marked(value: Object) -> Object:
    """A copy of an object in which every primitive has a twin, and repeating ones as many as values."""
    found: Object = {}
    for key, inner in value.items():
        if key == "resourceType":
            found[key] = inner
        elif key[:1] == "_":
            found[key] = _twins(value.get(key[1:]), inner)
            if inner.__class__ is list and key[1:] not in value:
                found[key[1:]] = [None] * len(inner)
        elif inner.__class__ is dict:
            found[key] = marked(inner)
        elif inner.__class__ is list and all(item.__class__ is dict for item in inner):
            found[key] = [marked(item) for item in inner]
        else:
            twin = value.get(f"_{key}")
            found[key] = _padded(inner, _length(twin)) if inner.__class__ is list else inner
            if twin is None:
                found[f"_{key}"] = _twins(inner, None)
    return found


def _twins(value: Any, twin: Any) -> Any:
    if value.__class__ is not list and twin.__class__ is not list:
        return _twin(twin)
    return [_twin(item) for item in _padded(twin, max(_length(value), _length(twin)))]


def _twin(value: Any) -> Object:
    return marked(value) if value.__class__ is dict else {}


def _length(values: Any) -> int:
    return len(values) if values.__class__ is list else 0


def _padded(values: Any, width: int) -> list[Any]:
    given = values if values.__class__ is list else []
    return [*given, *[None] * (width - len(given))]


def unmarked(value: Object) -> Object:
    """A copy of a marked object without what only marks."""
    found: Object = {}
    for key, inner in value.items():
        if inner.__class__ is dict:
            plain: Any = unmarked(inner)
        elif inner.__class__ is list:
            plain = _plain_items(inner, is_twin=key[:1] == "_")
        else:
            plain = inner
        if not (key[:1] == "_" and not plain) and not (plain.__class__ is list and inner and not _says(plain)):
            found[key] = plain
    return found


def _plain_items(items: list[Any], *, is_twin: bool) -> list[Any]:
    plain = [unmarked(item) if item.__class__ is dict else item for item in items]
    return [item or None for item in plain] if is_twin else plain


def _says(items: list[Any]) -> bool:
    return any(item is not None for item in items)
