"""``valueQuantity`` in a differential: the shorthand for one type of ``value[x]``.

https://hl7.org/fhir/R4/elementdefinition.html#path
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.snapshots.tree import Node

Raw = Mapping[str, Any]


def choice_of(name: str, known: Iterable[str]) -> str | None:
    """``value[x]`` for ``valueQuantity`` when that is among the known names, else None."""
    for choice in known:
        stem = choice.removesuffix("[x]")
        if stem != choice and name.startswith(stem) and name[len(stem) :][:1].isupper():
            return choice
    return None


def named_types(choice: str, name: str, types: Iterable[Raw]) -> list[Raw]:
    """Those of the types that ``name`` speaks of: Quantity for ``valueQuantity``."""
    stem = choice.removesuffix("[x]")
    return [entry for entry in types if stem + entry["code"][:1].upper() + entry["code"][1:] == name]


def by_type(rules: str) -> dict[str, Any]:
    """The slicing of a choice by the type of its value."""
    return {"discriminator": [{"type": "type", "path": "$this"}], "ordered": False, "rules": rules}


def without_shorthand(stated: Mapping[str, Node], known: Mapping[str, Node]) -> dict[str, Node]:
    """The stated children by the names that the base knows, each ``valueQuantity`` made a slice of ``value[x]``."""
    plain = {name: node for name, node in stated.items() if name in known or choice_of(name, known) is None}
    short: dict[str, dict[str, Node]] = {}
    for name, node in stated.items():
        choice = None if name in plain else choice_of(name, known)
        if choice is not None:
            short.setdefault(choice, {}).update(_parts(choice, node))
    for choice, parts in short.items():
        plain[choice] = _choice(plain.get(choice, Node(choice)), parts, known[choice])
    return plain


def _parts(choice: str, node: Node) -> dict[str, Node]:
    parts = {name: replace(part, name=choice) for name, part in node.slices.items()}
    own = replace(node, name=choice, slice_name=node.name, slices={})
    return parts if node.place < 0 and node.name in parts else {node.name: own, **parts}


def _choice(entry: Node, parts: Mapping[str, Node], known: Node) -> Node:
    """The choice with its shorthand parts; when nothing else is said of it, naming types rules out all others."""
    types: Sequence[Raw] = entry.raw.get("type") or known.raw.get("type", ())
    names = list(parts)
    if len(types) == 1 and len(names) == 1 and names[0] not in known.slices:
        return _one(entry, parts[names[0]])
    slices = {**entry.slices, **parts}
    if entry.place >= 0 or known.slices:
        return replace(entry, slices=slices)
    allowed = [found for name in names for found in named_types(entry.name, name, types)]
    return replace(entry, raw={"slicing": by_type("closed"), "type": allowed or types}, slices=slices)


def _one(entry: Node, part: Node) -> Node:
    """A choice that has one type left is that type: both statements are about the same element."""
    return replace(
        part,
        slice_name="",
        raw={**entry.raw, **part.raw},
        children={**entry.children, **part.children},
        slices=entry.slices,
    )
