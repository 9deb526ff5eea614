"""What stands inside an element whose children its base does not list: those of its type, profile or reference.

https://hl7.org/fhir/R4/elementdefinition.html#contentReference
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from conformance.definitions.model import CORE
from conformance.issues import Message
from conformance.snapshots import messages
from conformance.snapshots.tree import Node

Raw = Mapping[str, Any]
Report = Callable[..., None]

_SYSTEM_TYPES = "http://hl7.org/fhirpath/"
#: What the root of a profile does not say about the element that the profile is used on.
_OF_THE_ELEMENT = ("base", "type", "contentReference", "mustSupport", "representation")


class Trees(Protocol):
    """Finished trees by canonical."""

    def tree(self, canonical: str, report: Report) -> Node | None:
        """The snapshot's tree; None, with a word to ``report``, when there is none to be had."""


class Contents:
    """Opens elements of one structure. ``root`` is the base's tree, where content references lead."""

    def __init__(self, trees: Trees, root: Node) -> None:
        self._trees = trees
        self._root = root

    def opened(self, entry: Node, report: Report) -> Node:
        """The element with the children of what it holds; as it was when it holds nothing."""
        reference = entry.raw.get("contentReference")
        if reference:
            return self._repeated(entry, reference, report)
        source = self._source(entry.raw.get("type", ()), report)
        return entry if source is None else replace(entry, children=source.children)

    def extension_root(self, base: Node, stated: Node, report: Report) -> Raw | None:
        """What an extension's definition says about itself, for the element that newly asks for it; else None."""
        types: Sequence[Raw] = stated.raw.get("type", ())
        if len(types) != 1 or types[0]["code"] != "Extension" or len(types[0].get("profile", ())) != 1:
            return None
        if base.raw.get("type", [{}])[0].get("profile") == types[0]["profile"]:
            return None
        source = self._trees.tree(types[0]["profile"][0], report)
        if source is None:
            return None
        kept = {key: base.raw[key] for key in _OF_THE_ELEMENT if key in base.raw}
        return {**{key: value for key, value in source.raw.items() if key not in _OF_THE_ELEMENT}, **kept}

    def typed(self, raw: Raw) -> Raw:
        """What an element that a specialization adds has merely because it is an element, or an extension."""
        codes = [entry["code"] for entry in raw.get("type", ())]
        if any(code.startswith(_SYSTEM_TYPES) for code in codes):
            return {"isModifier": False}
        common = self._invariants("Extension" if codes == ["Extension"] else "Element")
        if "contentReference" not in raw:
            present = self._invariants(codes[0]) if codes else {}
            common = {key: entry for key, entry in common.items() if key in present}
        constraints = {"constraint": list(common.values())} if common else {}
        return {"isModifier": False, **constraints}

    def _invariants(self, code: str) -> dict[str, Raw]:
        found = self._trees.tree(_canonical(code), _silent)
        return {} if found is None else {entry["key"]: entry for entry in found.raw.get("constraint", ())}

    def _repeated(self, entry: Node, reference: str, report: Report) -> Node:
        steps = reference.rpartition("#")[2].split(".")
        target = self._root.find(steps[1:]) if steps[0] == self._root.name else None
        if target is None:
            report(messages.CONTENT_UNKNOWN, reference=reference)
            return entry
        raw = {key: value for key, value in entry.raw.items() if key != "contentReference"}
        return replace(entry, raw={**raw, "type": target.raw.get("type", [])}, children=target.children)

    def _source(self, types: Sequence[Raw], report: Report) -> Node | None:
        profiles = {profile for entry in types for profile in entry.get("profile", ())}
        codes = {entry["code"] for entry in types if not entry["code"].startswith(_SYSTEM_TYPES)}
        if len(types) == 1 and len(profiles) == 1:
            found = self._trees.tree(profiles.pop(), report)
            if found is not None:
                return found
        if not codes:
            return None
        return self._trees.tree(_canonical(codes.pop() if len(codes) == 1 else "Element"), report)


def _canonical(code: str) -> str:
    return code if ":" in code else CORE + code


def _silent(_: Message, **__: object) -> None:
    """An element keeps what it states when its type cannot be read."""
