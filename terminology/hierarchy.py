"""What stands above and below a code in its code system. https://hl7.org/fhir/R4/codesystem.html#hierarchy

Concepts inside concepts, and the properties ``parent`` and ``child`` of FHIR. A hierarchy of another meaning than is-a
(parts, groups) says nothing about subsumption.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_IS_A = (None, "is-a")


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The concepts of one code system, each with those directly above and below it."""

    above: Mapping[str, frozenset[str]]
    below: Mapping[str, frozenset[str]]

    def __contains__(self, code: object) -> bool:
        return code in self.above

    def ancestors(self, code: str) -> frozenset[str]:
        """The code itself and every code that subsumes it."""
        return _reached(code, self.above)

    def descendants(self, code: str) -> frozenset[str]:
        """The code itself and every code that it subsumes."""
        return _reached(code, self.below)


def hierarchy_of(code_system: Mapping[str, Any]) -> Hierarchy | None:
    """The hierarchy of a CodeSystem resource; None when it is not complete or does not order its codes by is-a."""
    if code_system.get("content") != "complete" or code_system.get("compositional"):
        return None
    if code_system.get("hierarchyMeaning") not in _IS_A:
        return None
    above: dict[str, set[str]] = {}
    below: dict[str, set[str]] = {}
    for code, parent in _edges(code_system.get("concept", ())):
        above.setdefault(code, set())
        if parent is not None:
            above[code].add(parent)
            below.setdefault(parent, set()).add(code)
    return Hierarchy(_frozen(above), _frozen(below))


def _edges(concepts: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str | None]]:
    """(code, code directly above it or None), walked with a stack: a hierarchy may be deep."""
    stack: list[tuple[Mapping[str, Any], str | None]] = [(concept, None) for concept in concepts]
    while stack:
        concept, parent = stack.pop()
        code = concept["code"]
        yield code, parent
        stack.extend((inner, code) for inner in concept.get("concept", ()))
        for row in concept.get("property", ()):
            other = row.get("valueCode")
            if row.get("code") == "parent" and other is not None:
                yield code, other
            elif row.get("code") == "child" and other is not None:
                yield other, code


def _reached(code: str, edges: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found, waiting = {code}, [code]
    while waiting:
        new = edges.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting.extend(new)
    return frozenset(found)


def _frozen(edges: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {code: frozenset(others) for code, others in edges.items()}
