"""From a StructureDefinition with a snapshot to a StructureType. https://hl7.org/fhir/R4/elementdefinition.html

Pure; the same for the specification's own structures and for profiles given at run time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance import messages
from conformance.definitions.model import CORE, Binding, Constraint, Element, Slicing, StructureType, TypeRef, type_of
from conformance.errors import FhirError, InvalidContent

#: https://hl7.org/fhir/R4/extension-elementdefinition-maxvalueset.html
MAX_VALUE_SET = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"
_FHIRPATH = "http://hl7.org/fhirpath/System."
_FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"


class _Node:
    """An ElementDefinition with what stands below it."""

    __slots__ = ("children", "raw", "slices")

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.children: dict[str, _Node] = {}
        self.slices: dict[str, _Node] = {}


def compile_structure(definition: Mapping[str, Any]) -> StructureType:
    """The StructureType of a decoded StructureDefinition. Raises InvalidContent without a usable snapshot."""
    try:
        return _Compiler(definition).structure()
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _unusable(definition, f"{type(error).__name__} {error}") from error


def _unusable(definition: Mapping[str, Any], detail: str) -> FhirError:
    url = definition.get("url", "?") if isinstance(definition, Mapping) else "?"
    return InvalidContent.of(messages.STRUCTURE_UNUSABLE, url=url, detail=detail)


class _Compiler:
    def __init__(self, definition: Mapping[str, Any]) -> None:
        if not definition.get("snapshot", {}).get("element"):
            raise _unusable(definition, "it has no snapshot")
        self._definition = definition
        self._url: str = definition["url"]

    def structure(self) -> StructureType:
        definition = self._definition
        root = _tree(definition["snapshot"]["element"])
        return StructureType(
            name=definition["type"],
            url=self._url,
            kind=definition["kind"],
            base=definition.get("baseDefinition", ""),
            abstract=definition.get("abstract", False),
            elements=self._elements(root.children.values()),
            derivation=definition.get("derivation", ""),
            constraints=self._constraints(root.raw),
            contexts=tuple((entry["type"], entry["expression"]) for entry in definition.get("context", ())),
            context_invariants=tuple(definition.get("contextInvariant", ())),
        )

    def _elements(self, nodes: Iterable[_Node]) -> dict[str, Element]:
        elements = [self._element(node) for node in nodes]
        return {element.name: element for element in elements}

    def _element(self, node: _Node) -> Element:
        raw = node.raw
        base = raw.get("base", raw)
        stated_choice = base.get("path", "").endswith("[x]")
        path = raw["path"]
        is_choice = stated_choice or path.endswith("[x]")
        last = (base["path"] if stated_choice else path).rpartition(".")[2]
        return Element(
            name=last.removesuffix("[x]"),
            path=path,
            min=raw.get("min", 0),
            max=_max(raw.get("max", "*")),
            is_array=base.get("max", "*") not in ("0", "1"),
            types=tuple(self._type(raw, entry) for entry in raw.get("type", ())),
            binding=_binding(raw.get("binding")),
            content_reference=raw.get("contentReference", "").rpartition("#")[2],
            children=self._children(node),
            is_choice=is_choice,
            is_summary=raw.get("isSummary", False),
            is_modifier=raw.get("isModifier", False),
            must_support=raw.get("mustSupport", False),
            max_length=raw.get("maxLength"),
            representation=next(iter(raw.get("representation", ())), ""),
            constraints=self._constraints(raw),
            fixed=_value_of(raw, "fixed"),
            pattern=_value_of(raw, "pattern"),
            slicing=_slicing(raw.get("slicing")),
            slices={name: self._element(part) for name, part in node.slices.items()},
            min_value=_value_of(raw, "minValue"),
            max_value=_value_of(raw, "maxValue"),
        )

    def _children(self, node: _Node) -> StructureType | None:
        if not node.children:
            return None
        types = node.raw.get("type", ())
        base = CORE + types[0]["code"] if types else ""
        elements = self._elements(node.children.values())
        return StructureType(node.raw["path"], "", "backbone", base, abstract=False, elements=elements)

    def _type(self, raw: Mapping[str, Any], entry: Mapping[str, Any]) -> TypeRef:
        return TypeRef(
            code=self._code(raw, entry),
            targets=tuple(type_of(target) for target in entry.get("targetProfile", ())),
            profiles=tuple(entry.get("profile", ())),
            aggregation=tuple(entry.get("aggregation", ())),
        )

    def _code(self, raw: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
        code: str = entry["code"]
        if raw.get("base", raw).get("path") == "Resource.id":
            return "id"  # published as a string, which lets ids through that no URL could carry
        if not code.startswith(_FHIRPATH):
            return code
        if self._definition["kind"] == "primitive-type" and raw["path"].endswith(".value"):
            return str(self._definition["type"])
        stated = (part["valueUrl"] for part in entry.get("extension", ()) if part["url"] == _FHIR_TYPE)
        return next(stated, code.removeprefix(_FHIRPATH).lower())

    def _constraints(self, raw: Mapping[str, Any]) -> tuple[Constraint, ...]:
        return tuple(
            Constraint(entry["key"], entry["severity"], entry["human"], entry.get("expression", ""))
            for entry in raw.get("constraint", ())
            if entry.get("source", self._url) == self._url
        )


def _tree(elements: Sequence[Mapping[str, Any]]) -> _Node:
    root = _Node(elements[0])
    for raw in elements[1:]:
        *above, (name, slice_name) = _steps(raw)
        parent = root
        for step, part in above:
            parent = parent.children[step]
            parent = parent.slices[part] if part else parent
        if slice_name:
            # Some published profiles name a slice of an element that they do not list: it stands for both.
            parent.children.setdefault(name, _Node(raw)).slices[slice_name] = _Node(raw)
        else:
            parent.children[name] = _Node(raw)
    return root


def _steps(raw: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The steps below the root as (element, slice); a snapshot without ids is read by its paths."""
    path = raw.get("id") or raw["path"] + (f":{raw['sliceName']}" if "sliceName" in raw else "")
    parts = (step.partition(":") for step in path.split(".")[1:])
    return [(name, slice_name) for name, _, slice_name in parts]


def _max(text: str) -> int | None:
    return None if text == "*" else int(text)


def _binding(raw: Mapping[str, Any] | None) -> Binding | None:
    return Binding(raw["strength"], raw.get("valueSet", ""), _maximum(raw)) if raw else None


def _maximum(binding: Mapping[str, Any]) -> str:
    stated = (row for row in binding.get("extension", ()) if row.get("url") == MAX_VALUE_SET)
    return next((str(row.get("valueCanonical") or row.get("valueUri") or "") for row in stated), "")


def _slicing(raw: Mapping[str, Any] | None) -> Slicing | None:
    if not raw:
        return None
    pairs = tuple((entry["type"], entry["path"]) for entry in raw.get("discriminator", ()))
    return Slicing(pairs, raw["rules"], raw.get("ordered", False))


def _value_of(raw: Mapping[str, Any], prefix: str) -> Any:
    found = (key for key in raw if key.startswith(prefix) and key[len(prefix) :][:1].isupper())
    return next((raw[key] for key in found), None)
