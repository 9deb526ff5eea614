"""A differential's tree over its base's tree. https://hl7.org/fhir/R4/profiling.html#snapshot"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.issues import Issue, Message
from conformance.snapshots import messages
from conformance.snapshots.checks import number, widenings
from conformance.snapshots.choices import without_shorthand
from conformance.snapshots.contents import Contents
from conformance.snapshots.elements import merge_element
from conformance.snapshots.slicing import (
    fresh_slice,
    implied_slicing,
    is_sliced,
    least,
    overfull,
    parent_name,
    with_slice,
)
from conformance.snapshots.tree import Node

Raw = Mapping[str, Any]


class Merger:
    """Merges one differential; ``issues`` grows as it goes. With ``adds`` it may state elements of its own."""

    def __init__(self, contents: Contents, issues: list[Issue], *, adds: bool) -> None:
        self._contents = contents
        self._issues = issues
        self._adds = adds

    def merge(self, base: Node, stated: Node, path: str) -> Node:
        """``base`` as ``stated`` constrains it; ``path`` is the id of the element, for issues."""
        for place in stated.repeated:
            self._report(messages.STATED_TWICE, place, path)
        if stated.slices and not is_sliced(base, stated):
            stated = self._sliced(base, stated, path)
        for message, params in () if self._adds else widenings(base.raw, stated.raw):
            self._report(message, stated.place, path, **params)
        entry = replace(base, raw=self._raw(base, stated, path), place=-1, repeated=())
        if stated.slice_name and not entry.slice_name:
            entry.slice_name = stated.slice_name
        if stated.children:
            entry = self._inside(entry, stated, path)
        return self._with_slices(entry, stated, path) if stated.slices else entry

    def _report(self, message: Message, place: int, element: str, **params: object) -> None:
        expression = f"StructureDefinition.differential.element[{place}]" if place >= 0 else ""
        issue = Issue(message, expression, {"element": element, **params})
        if issue not in self._issues:
            self._issues.append(issue)

    def _raw(self, base: Node, stated: Node, path: str) -> Raw:
        if not stated.raw:
            return base.raw
        template = self._contents.extension_root(base, stated, self._reporter(stated, path))
        return merge_element(base.raw if template is None else template, stated.raw)

    def _reporter(self, stated: Node, path: str) -> Any:
        return lambda message, **params: self._report(message, stated.place, path, **params)

    def _sliced(self, base: Node, stated: Node, path: str) -> Node:
        """The statement with the slicing that it leaves unsaid, or with its only slice as the element itself."""
        slicing = implied_slicing(base, stated)
        if slicing is not None:
            return replace(stated, raw={"slicing": slicing, **stated.raw})
        parts = list(stated.slices.values())
        if len(parts) == 1 and (stated.place < 0 or number(base.raw.get("max", "*")) == 1):
            self._report(messages.NAMED_NOT_SLICED, parts[0].place, path, slice=parts[0].slice_name)
            return _labelled(stated, parts[0])
        self._report(messages.SLICING_MISSING, parts[0].place, path)
        return stated

    def _inside(self, entry: Node, stated: Node, path: str) -> Node:
        """The element with its children, taken from its type where the base does not list them."""
        if not entry.children:
            entry = self._contents.opened(entry, self._reporter(stated, path))
        children = dict(entry.children)
        for name, node in without_shorthand(stated.children, children).items():
            below = f"{path}.{name}"
            if name in children:
                children[name] = _without_label(self.merge(children[name], node, below))
            elif self._adds:
                children[name] = self._added(node, below)
            else:
                self._unknown(node, below)
        return replace(entry, children=children)

    def _unknown(self, node: Node, path: str) -> None:
        places = (node.place, *(part.place for part in node.slices.values()))
        self._report(messages.ELEMENT_UNKNOWN, next((place for place in places if place >= 0), -1), path)

    def _added(self, stated: Node, path: str) -> Node:
        """An element that a specialization adds to its base."""
        raw = self._contents.typed(stated.raw)
        return self.merge(Node(stated.name, raw), replace(stated, slice_name=""), path)

    def _with_slices(self, entry: Node, stated: Node, path: str) -> Node:
        slices = dict(entry.slices)
        for name, part in stated.slices.items():
            below = f"{path}:{name}"
            known = slices.get(name) or self._new_slice(entry, slices, part, below)
            slices = with_slice(slices, self.merge(known, part, below))
        result = replace(entry, slices=slices)
        if overfull(result):
            self._report(messages.SLICES_EXCEED, stated.place, path, sum=least(result), max=result.raw["max"])
        return result

    def _new_slice(self, entry: Node, slices: Mapping[str, Node], stated: Node, path: str) -> Node:
        name = stated.slice_name
        parent = parent_name(name)
        if parent and parent not in slices:
            self._report(messages.RESLICE_UNKNOWN, stated.place, path, parent=parent, slice=name)
        if entry.slices and not parent and entry.raw.get("slicing", {}).get("rules") == "closed":
            self._report(messages.SLICING_CLOSED, stated.place, path, slice=name)
        return fresh_slice(slices.get(parent, entry), name)


def _labelled(stated: Node, part: Node) -> Node:
    """What is said of an element and of the slice that it is not, as one statement that keeps the slice's name."""
    raw = {key: value for key, value in {**stated.raw, **part.raw}.items() if key != "slicing"}
    return replace(part, raw=raw, children={**stated.children, **part.children})


def _without_label(child: Node) -> Node:
    """The element, nameless once it is sliced: from then on names are those of its slices."""
    is_sliced_now = bool(child.slices) or "slicing" in child.raw
    return replace(child, slice_name="") if child.slice_name and is_sliced_now else child
