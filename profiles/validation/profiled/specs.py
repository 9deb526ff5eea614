"""A snapshot as a tree: each ElementDefinition with its children and its slices.

https://hl7.org/fhir/R4/elementdefinition.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_FHIRPATH = "http://hl7.org/fhirpath/System."


_PROFILE_ELEMENT = "http://hl7.org/fhir/StructureDefinition/elementdefinition-profile-element"


@dataclass(slots=True, eq=False)
class Spec:
    """One ElementDefinition; ``name`` is the last step of its path without ``[x]``."""

    raw: Mapping[str, Any]
    name: str
    profile: Profile
    slice_name: str = ""
    children: dict[str, Spec] = field(default_factory=dict)
    slices: dict[str, Spec] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path with its slices, as a person names it."""
        return str(self.raw.get("id") or self.raw["path"])

    @property
    def is_choice(self) -> bool:
        """True for ``value[x]``."""
        base = self.raw.get("base", self.raw)
        return str(base.get("path", "")).endswith("[x]") or str(self.raw["path"]).endswith("[x]")

    @property
    def types(self) -> list[Mapping[str, Any]]:
        """The stated types."""
        return list(self.raw.get("type", ()))

    @property
    def type_codes(self) -> list[str]:
        """Names of the stated types, System types by their FHIR name."""
        return [type_code(entry) for entry in self.types]

    @property
    def min(self) -> int:
        """The least number of items."""
        return int(self.raw.get("min", 0))

    @property
    def max(self) -> int | None:
        """The greatest number of items, None for any."""
        text = self.raw.get("max", "*")
        return None if text == "*" else int(text)

    def value(self, prefix: str) -> Any:
        """The value of ``fixed[x]``, ``pattern[x]``, ``minValue[x]`` … as decoded JSON, None when absent."""
        return next((value for _, value in self.typed_values(prefix)), None)

    def typed_values(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """Type and value of ``prefix[x]``."""
        for key, value in self.raw.items():
            rest = key[len(prefix) :]
            if key.startswith(prefix) and rest[:1].isupper():
                yield rest, value

    def extensions(self, url: str) -> Iterator[Mapping[str, Any]]:
        """The extensions of the definition with this url."""
        return (entry for entry in self.raw.get("extension", ()) if entry.get("url") == url)


class Profile:
    """A StructureDefinition with a snapshot, as the validator sees it.

    Raises KeyError, IndexError, TypeError or ValueError when the snapshot cannot be read.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.raw = definition
        self.url = str(definition["url"])
        self.type = str(definition["type"])
        self.kind = str(definition.get("kind", ""))
        version = definition.get("version")
        self.title = f"{self.url}|{version}" if version else self.url
        self.root = _tree(definition["snapshot"]["element"], self)

    def element(self, element_id: str) -> Spec | None:
        """The element with this id, such as ``Composition.section:a.entry``."""
        spec: Spec | None = self.root
        for step in element_id.split(".")[1:]:
            name, _, slice_name = step.partition(":")
            spec = spec.children.get(name.removesuffix("[x]")) if spec else None
            spec = spec.slices.get(slice_name) if spec and slice_name else spec
        return spec


def type_code(entry: Mapping[str, Any]) -> str:
    """The name of a stated type: System types become the FHIR primitive."""
    code = str(entry.get("code", ""))
    if not code.startswith(_FHIRPATH):
        return code.rpartition("/")[2] if code.startswith("http://hl7.org/fhir/StructureDefinition/") else code
    stated = (part.get("valueUrl") or part.get("valueUri") for part in entry.get("extension", ()))
    name = next((str(found) for found in stated if found), code.removeprefix(_FHIRPATH))
    return name[:1].lower() + name[1:]


def type_profiles(entry: Mapping[str, Any]) -> list[str]:
    """The profiles of a stated type; one that names an element of a profile has it after ``#``."""
    canonicals = [str(canonical) for canonical in entry.get("profile", ())]
    for position, twin in enumerate(entry.get("_profile", ())):
        for part in (twin or {}).get("extension", ()):
            if part.get("url") == _PROFILE_ELEMENT and position < len(canonicals):
                canonicals[position] += f"#{part.get('valueString')}"
    return canonicals


def _tree(elements: Iterable[Mapping[str, Any]], profile: Profile) -> Spec:
    """Elements stand in order, so the parent of each is the last one seen a level higher."""
    above: list[Spec] = []
    for raw in elements:
        depth = str(raw["path"]).count(".")
        name = str(raw["path"]).rpartition(".")[2]
        spec = Spec(raw, name.removesuffix("[x]"), profile, str(raw.get("sliceName", "")) if depth else "")
        if depth:
            _attach(above[depth - 1], spec)
        del above[depth:]
        above.append(spec)
    return above[0]


def _attach(parent: Spec, spec: Spec) -> None:
    whole = parent.children.get(spec.name) or _choice_of(parent, spec)
    if whole is None:
        parent.children[spec.name] = spec
        if spec.slice_name:  # some published profiles name a slice of an element that they do not list
            spec.slices[spec.slice_name] = Spec(spec.raw, spec.name, spec.profile, spec.slice_name)
    elif not spec.slice_name:
        whole.slices[spec.name] = spec  # ``valueQuantity`` in place of a slice of ``value[x]``
    else:
        *outer, _ = spec.slice_name.split("/")
        for count in range(1, len(outer) + 1):
            whole = whole.slices.get("/".join(outer[:count]), whole)
        whole.slices[spec.slice_name] = spec


def _choice_of(parent: Spec, spec: Spec) -> Spec | None:
    """The choice element that a name such as ``valueQuantity`` narrows."""
    for name, child in parent.children.items():
        if child.is_choice and spec.name.startswith(name) and spec.name[len(name) :][:1].isupper():
            spec.name = name
            spec.slice_name = spec.slice_name or str(spec.raw["path"]).rpartition(".")[2]
            return child
    return None
