"""How an element comes to be sliced: stated, implied by extensions and choices, or only named.

https://hl7.org/fhir/R4/profiling.html#slicing
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.snapshots.checks import number
from conformance.snapshots.choices import by_type, named_types
from conformance.snapshots.tree import Node

Raw = Mapping[str, Any]

#: https://hl7.org/fhir/R4/profiling.html#extensions
_BY_URL: Raw = {
    "discriminator": [{"type": "value", "path": "url"}],
    "ordered": False,
    "rules": "open",
}
_EXTENSIONS = frozenset({"extension", "modifierExtension"})
_RESLICE = "/"


def implied_slicing(base: Node, stated: Node) -> Raw | None:
    """The slicing that the specification implies for an element whose slices are stated alone; else None."""
    if base.name in _EXTENSIONS:
        return _BY_URL
    if base.name.endswith("[x]") and all(_is_of_one_type(base, part) for part in stated.slices.values()):
        return by_type("open")
    return None


def is_sliced(base: Node, stated: Node) -> bool:
    """True when the slicing of an element is stated, here or in the base."""
    return bool(base.slices) or "slicing" in base.raw or "slicing" in stated.raw


def _is_of_one_type(base: Node, part: Node) -> bool:
    types = part.raw.get("type") or named_types(base.name, part.slice_name, base.raw.get("type", ()))
    return len(types) == 1


def parent_name(slice_name: str) -> str:
    """``a`` for the reslice ``a/b``, empty for a slice of the element itself."""
    return slice_name.rpartition(_RESLICE)[0]


def fresh_slice(parent: Node, name: str) -> Node:
    """A new slice: it asks for all that its parent asks for, but not for being there."""
    raw = {key: value for key, value in parent.raw.items() if key != "slicing"}
    raw["min"] = 0
    types = named_types(parent.name, name, raw.get("type", ()))
    if types:
        raw["type"] = types
    return replace(parent, raw=raw, slice_name=name, slices={})


def with_slice(slices: Mapping[str, Node], node: Node) -> dict[str, Node]:
    """The slices with one more: last, but a reslice follows its slice and that one's other reslices."""
    parent = parent_name(node.slice_name)
    family = [name for name in slices if name == parent or name.startswith(parent + _RESLICE)]
    if not parent or not family or node.slice_name in slices:
        return {**slices, node.slice_name: node}
    last = family[-1]
    result: dict[str, Node] = {}
    for name, part in slices.items():
        result[name] = part
        if name == last:
            result[node.slice_name] = node
    return result


def least(entry: Node) -> int:
    """How many values the slices of an element ask for together; reslices are counted in their slice."""
    return sum(part.raw.get("min", 0) for name, part in entry.slices.items() if not parent_name(name))


def overfull(entry: Node) -> bool:
    """True when the slices ask for more values than the element allows."""
    return bool(entry.slices) and least(entry) > number(entry.raw.get("max", "*"))
