"""Element lists as trees: what stands inside an element, and the slices beside it.

A list and its tree say the same; ids and paths follow from the place in the tree.
https://hl7.org/fhir/R4/elementdefinition.html#id
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

Step = tuple[str, str]

#: Steps of a path; the official structures have eight at most.
_DEEPEST = 48

#: Elements of ElementDefinition in the order of the specification; what is not named here comes last.
_ORDER = (
    "id extension path representation sliceName sliceIsConstraining label code slicing short definition comment"
    " requirements alias min max base contentReference type defaultValue meaningWhenMissing orderMeaning fixed pattern"
    " example minValue maxValue maxLength condition constraint mustSupport isModifier isModifierReason isSummary"
    " binding mapping"
)
_CHOICES = ("defaultValue", "fixed", "pattern", "minValue", "maxValue")
_RANK = {name: rank for rank, name in enumerate(_ORDER.split())}


@dataclass(slots=True)
class Node:
    """An ElementDefinition with its children and slices. Trees share branches: a finished node is never changed.

    ``slice_name`` of a node outside ``slices`` is a mere label: some published profiles name an element unsliced.
    """

    name: str
    raw: Mapping[str, Any] = field(default_factory=dict)
    slice_name: str = ""
    children: dict[str, Node] = field(default_factory=dict)
    slices: dict[str, Node] = field(default_factory=dict)
    place: int = -1
    """Index in the list that was read, -1 for an element that only its children or slices imply."""
    repeated: tuple[int, ...] = ()
    """Indexes of further statements about the same element."""

    @property
    def step(self) -> str:
        """The last step of the id: ``component:systolic``."""
        return f"{self.name}:{self.slice_name}" if self.slice_name else self.name

    def find(self, steps: Iterable[str]) -> Node | None:
        """The node that these steps of an id lead to from here, or None."""
        node: Node | None = self
        for step in steps:
            name, _, slice_name = step.partition(":")
            child = node.children.get(name) if node else None
            node = child.slices.get(slice_name) if child and slice_name else child
        return node


def read_differential(elements: Sequence[Mapping[str, Any]]) -> Node:
    """The tree of a differential; elements that it leaves out on the way to others come as empty nodes."""
    return _Reader(labels=False).read(elements)


def read_snapshot(elements: Sequence[Mapping[str, Any]]) -> Node:
    """The tree of a snapshot."""
    return _Reader(labels=True).read(elements)


def write(root: Node, limit: int | None = None) -> list[dict[str, Any]]:
    """The element list of a tree, in snapshot order: an element, its children, then its slices with theirs.

    No more than ``limit`` elements.
    """
    return list(islice(_rows(root, root.name, root.name), limit))


class _Reader:
    def __init__(self, *, labels: bool) -> None:
        self._labels = labels
        self._before: list[Step] = []

    def read(self, elements: Sequence[Mapping[str, Any]]) -> Node:
        root = Node(elements[0]["path"].partition(".")[0])
        for place, raw in enumerate(elements):
            steps = _steps_of_id(raw) or self._steps_of_path(raw)
            if len(steps) > _DEEPEST:
                raise ValueError(f"{raw['path'][:80]}… has more than {_DEEPEST} steps")
            self._before = steps
            node = root
            for step in steps[1:]:
                node = self._descend(node, step)
            if node.place < 0:
                node.raw, node.place = raw, place
            else:
                node.raw, node.repeated = {**node.raw, **raw}, (*node.repeated, place)
        return root

    def _descend(self, node: Node, step: Step) -> Node:
        name, slice_name = step
        child = node.children.get(name)
        if child is None:
            child = node.children[name] = Node(name, slice_name=slice_name if self._labels else "")
        if not slice_name or child.slice_name == slice_name:
            return child
        return child.slices.setdefault(slice_name, Node(name, slice_name=slice_name))

    def _steps_of_path(self, raw: Mapping[str, Any]) -> list[Step]:
        """Without a usable id an element belongs to the slice that was named last on its path."""
        names = raw["path"].split(".")
        steps: list[Step] = []
        for place, name in enumerate(names[:-1]):
            follows = self._before[:place] == steps and len(self._before) > place and self._before[place][0] == name
            steps.append(self._before[place] if follows else (name, ""))
        return [*steps, (names[-1], raw.get("sliceName", ""))]


def _steps_of_id(raw: Mapping[str, Any]) -> list[Step]:
    """The steps of the id; none when it does not fit the path, as ids need not be meaningful."""
    parts = [part.partition(":") for part in raw.get("id", "").split(".")]
    names = raw["path"].split(".")
    if len(parts) != len(names) or not all(map(_fits, (part[0] for part in parts), names)):
        return []
    steps = [(name, slice_name) for name, _, slice_name in parts]
    steps[-1] = (steps[-1][0], raw.get("sliceName", steps[-1][1]))
    return steps


def _fits(id_name: str, path_name: str) -> bool:
    return id_name == path_name or (id_name.endswith("[x]") and path_name.startswith(id_name[:-3]))


def _rows(node: Node, path: str, element_id: str) -> Iterator[dict[str, Any]]:
    row = {**node.raw, "id": element_id, "path": path}
    row.pop("sliceName", None)
    if node.slice_name:
        row["sliceName"] = node.slice_name
    if "base" not in row:
        row["base"] = {"path": path, "min": row.get("min", 0), "max": row.get("max", "*")}
    yield dict(sorted(row.items(), key=_rank))
    for child in node.children.values():
        yield from _rows(child, f"{path}.{child.name}", f"{element_id}.{child.step}")
    for part in node.slices.values():
        yield from _rows(part, path, f"{element_id.removesuffix(':' + node.slice_name)}:{part.slice_name}")


def _rank(item: tuple[str, Any]) -> int:
    key = item[0]
    rank = _RANK.get(key)
    if rank is None:
        stem = next((stem for stem in _CHOICES if key.startswith(stem)), "")
        rank = _RANK.get(stem, len(_RANK))
    return rank
