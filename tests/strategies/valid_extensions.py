"""The extensions that the specification itself publishes, and valid uses of them.

https://hl7.org/fhir/R4/extensibility-registry.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from conformance.definitions import Definitions
from conformance.definitions.model import Element, StructureType

if TYPE_CHECKING:
    from strategies.valid_resources import ValidResources


class Published:
    """Extensions by the type or path that they are made for."""

    def __init__(self, definitions: Definitions) -> None:
        self._plain: dict[str, list[StructureType]] = {}
        self._modifiers: dict[str, list[StructureType]] = {}
        for canonical in definitions.canonicals("StructureDefinition"):
            found = definitions.find_structure(canonical)
            raw = definitions.resource("StructureDefinition", canonical) or {}
            if found is None or found.name != "Extension" or not _is_plain(found):
                continue
            root = raw.get("snapshot", {}).get("element", [{}])[0]
            by_owner = self._modifiers if root.get("isModifier") else self._plain
            for kind, expression in found.contexts:
                if kind == "element":
                    by_owner.setdefault(expression, []).append(found)

    @staticmethod
    @lru_cache(maxsize=2)
    def of(definitions: Definitions) -> Published:
        return Published(definitions)

    def at(self, owner: str) -> list[StructureType]:
        """Those that are made for a type or path."""
        return self._plain.get(owner, [])

    def modifiers(self, owner: str) -> list[StructureType]:
        """Those that change the meaning of a type or path."""
        return self._modifiers.get(owner, [])

    def extension(self, make: ValidResources, definition: StructureType, depth: int) -> dict[str, Any]:
        """A valid extension of this definition."""
        return {"url": definition.url} | _content(make, definition.elements, depth)


def _content(make: ValidResources, elements: dict[str, Element], depth: int) -> dict[str, Any]:
    slices = elements["extension"].slices if "extension" in elements else {}
    if not slices:
        return _value(make, elements["value"], depth)
    parts = [part for part in slices.values() if part.min or make.chance(0.5)] or [next(iter(slices.values()))]
    return {"extension": [_part(make, part, depth) for part in parts for _ in range(max(part.min, 1))]}


def _part(make: ValidResources, part: Element, depth: int) -> dict[str, Any]:
    elements = part.children.elements if part.children is not None else {}
    return {"url": elements["url"].fixed} | _content(make, elements, depth - 1)


def _value(make: ValidResources, element: Element, depth: int) -> dict[str, Any]:
    ref = make.random.choice(element.types)
    return {f"value{ref.code[0].upper()}{ref.code[1:]}": make.value(ref, max(depth - 1, 0), element)}


def _is_plain(structure: StructureType) -> bool:
    """Leaves out what has rules of its own beside types and codes."""
    return not structure.context_invariants and not structure.constraints and _has_plain_content(structure.elements)


def _has_plain_content(elements: dict[str, Element]) -> bool:
    slices = elements["extension"].slices if "extension" in elements else {}
    if slices:
        if elements["extension"].max == 0:
            return False  # as published, codesystem-history asks for parts where it allows none
        return all(part.children and _has_plain_content(part.children.elements) for part in slices.values())
    value = elements.get("value")
    if value is None or value.max == 0 or not value.types:
        return False
    has_rules = value.constraints or value.children is not None or value.fixed is not None or value.pattern is not None
    return not has_rules and not any(ref.profiles for ref in value.types)
