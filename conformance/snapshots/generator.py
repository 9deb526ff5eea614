"""Differential + base -> snapshot. https://hl7.org/fhir/R4/profiling.html#snapshot"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from conformance.errors import FhirError, InvalidContent
from conformance.issues import Issue
from conformance.snapshots import messages
from conformance.snapshots.contents import Contents, Report
from conformance.snapshots.elements import with_sources
from conformance.snapshots.merging import Merger
from conformance.snapshots.tree import Node, read_differential, read_snapshot, write

#: A chain of bases and profiles longer than this, or a snapshot larger, is an attack or a mistake.
_DEEPEST = 32
_MOST_ELEMENTS = 50_000

Structure = dict[str, Any]
Resolve = Callable[[str], Structure | None]


class Generated(NamedTuple):
    """A StructureDefinition with its snapshot, and what is wrong with the differential that it came from.

    The snapshot shares parts with the structures that it was made from: none of them may be changed afterwards.
    """

    structure: Structure
    issues: tuple[Issue, ...]


class Snapshots:
    """Generates snapshots, keeping the trees of bases, types and profiles that ``resolve`` found for it.

    ``resolve`` gives the StructureDefinition of a canonical, which may carry ``|version``, or None. Structures that
    come without a snapshot get one on the way. Pure as far as ``resolve`` is.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._trees: dict[str, Node | None] = {}
        self._in_work: list[str] = []

    def generate(self, structure: Structure) -> Generated:
        """The structure with a new snapshot; one that it carries already is not looked at if it has a differential.

        Raises InvalidContent when no snapshot can be made: no differential, a base that is unknown, circular or
        unreadable. Anything else wrong is an issue and the snapshot holds what could be made of it.
        """
        issues: list[Issue] = []
        elements = write(self._guarded(structure, issues), _MOST_ELEMENTS + 1)
        if len(elements) > _MOST_ELEMENTS:
            raise _unusable(structure, f"its snapshot has more than {_MOST_ELEMENTS} elements")
        return Generated(_with_snapshot(structure, elements), tuple(issues))

    def tree(self, canonical: str, report: Report) -> Node | None:
        """The snapshot's tree of a canonical; None, with a word to ``report``, when there is none to be had."""
        if _bare(canonical) in self._in_work:
            report(messages.PROFILE_CIRCULAR, canonical=canonical)
            return None
        try:
            found = self._tree(canonical)
        except InvalidContent:
            found = None
        if found is None:
            report(messages.PROFILE_UNKNOWN, canonical=canonical)
        return found

    def _tree(self, canonical: str) -> Node | None:
        if canonical not in self._trees:
            structure = self._resolve(canonical)
            self._trees[canonical] = None if structure is None else self._read(canonical, structure)
        return self._trees[canonical]

    def _read(self, canonical: str, structure: Structure) -> Node:
        self._in_work.append(_bare(canonical))
        try:
            return self._guarded(structure, []) if not _carried(structure) else _carried_tree(structure)
        finally:
            self._in_work.pop()

    def _guarded(self, structure: Structure, issues: list[Issue]) -> Node:
        if len(self._in_work) > _DEEPEST:
            raise _unusable(structure, f"more than {_DEEPEST} structures build on each other")
        self._in_work.append(structure.get("url", ""))
        try:
            return self._root(structure, issues)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise _unusable(structure, repr(error)) from error
        finally:
            self._in_work.pop()

    def _root(self, structure: Structure, issues: list[Issue]) -> Node:
        elements = structure.get("differential", {}).get("element")
        if not elements:
            if _carried(structure):
                return _carried_tree(structure)
            raise InvalidContent.of(messages.NOTHING_STATED, url=structure.get("url", "?"))
        stated = read_differential(_sourced(elements, structure.get("url", "")))
        adds = structure.get("derivation") != "constraint"
        base = self._base(structure, stated.name, adds=adds)
        if stated.name != base.name:
            params = {"stated": stated.name, "base": base.name}
            issues.append(Issue(messages.ROOT_DIFFERS, "StructureDefinition.differential.element[0]", params))
        return Merger(Contents(self, base), issues, adds=adds).merge(base, stated, base.name)

    def _base(self, structure: Structure, name: str, *, adds: bool) -> Node:
        canonical = structure.get("baseDefinition", "")
        if not canonical and adds:
            return Node(name)
        if _bare(canonical) in self._in_work:
            raise InvalidContent.of(messages.BASE_CIRCULAR, url=structure.get("url", "?"))
        base = self._tree(canonical)
        if base is None:
            raise InvalidContent.of(messages.BASE_UNKNOWN, url=structure.get("url", "?"), base=canonical)
        return _as_root(base, name if adds else base.name)


def generate(structure_definition: Structure, resolve: Resolve) -> Structure:
    """The StructureDefinition with a snapshot made from its differential. Raises as ``Snapshots.generate`` does.

    To see the issues, or to generate many, use ``Snapshots``.
    """
    return Snapshots(resolve).generate(structure_definition).structure


def _as_root(base: Node, name: str) -> Node:
    """The base's root for another structure: maturity and the like are told of the base alone."""
    own = ("extension",) if name == base.name else ("extension", "base")
    raw = {key: value for key, value in base.raw.items() if key not in own}
    return replace(base, name=name, raw=raw)


def _bare(canonical: str) -> str:
    return canonical.partition("|")[0]


def _carried(structure: Structure) -> Sequence[Mapping[str, Any]]:
    elements: Sequence[Mapping[str, Any]] = structure.get("snapshot", {}).get("element", ())
    return elements


def _carried_tree(structure: Structure) -> Node:
    return read_snapshot(_sourced(_carried(structure), structure.get("url", "")))


def _unusable(structure: Structure, detail: str) -> FhirError:
    return InvalidContent.of(messages.BASE_UNUSABLE, url=structure.get("url", "?"), detail=detail)


def _sourced(elements: Sequence[Mapping[str, Any]], url: str) -> list[Mapping[str, Any]]:
    return [with_sources(raw, url) for raw in elements]


def _with_snapshot(structure: Structure, elements: list[dict[str, Any]]) -> Structure:
    snapshot = {"snapshot": {**structure.get("snapshot", {}), "element": elements}}
    rest = {key: value for key, value in structure.items() if key not in ("snapshot", "differential")}
    stated = {"differential": structure["differential"]} if "differential" in structure else {}
    return {**rest, **snapshot, **stated}
