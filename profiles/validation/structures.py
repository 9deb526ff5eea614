"""Where the validator finds structures: those given to it, then those of the definitions.

https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from conformance.definitions import Definitions, Element, StructureType, type_of
from conformance.errors import FhirError
from conformance.snapshots import Snapshots
from profiles.validation.profiled.specs import Profile

#: Types of the resources that the definitions hold.
_CANONICAL_TYPES = (
    "CodeSystem",
    "ConceptMap",
    "OperationDefinition",
    "SearchParameter",
    "StructureDefinition",
    "ValueSet",
)

#: Canonicals that lead nowhere come from resources, so only so many are remembered.
_KEPT_UNKNOWN = 2000

_CORE = "http://hl7.org/fhir/StructureDefinition/"


class Structures:
    """Structures by canonical or type name; what is given hides what the definitions hold."""

    def __init__(self, definitions: Definitions, extra: Mapping[str, Mapping[str, Any]]) -> None:
        self.definitions = definitions
        self._by_url = _by_url(extra.values())
        self._global = _global(extra.values())
        self._profiles: dict[str, Profile] = {}
        self._unknown: set[str] = set()
        self._types: dict[str, str] = {}
        self._ancestors: dict[str, frozenset[str]] = {}
        self.snapshots = Snapshots(self._raw)

    def is_resource(self, name: str) -> bool:
        """True for a concrete resource type."""
        return self.definitions.is_resource(name)

    def is_known_type(self, name: str) -> bool:
        """True for a type of the specification."""
        return self.definitions.find_structure(name) is not None

    def find(self, name: str) -> StructureType | None:
        """The structure of a type of the specification, None when it is unknown."""
        return self.definitions.find_structure(name)

    def element(self, parent: str, name: str) -> Element | None:
        """The element of a type or backbone path."""
        return self.definitions.element(parent, name) if parent else None

    def is_core(self, canonical: str) -> bool:
        """True for the canonical of a type of the specification itself."""
        name = type_of(canonical.partition("|")[0])
        return ":" not in name and canonical.partition("|")[0] not in self._by_url and self.is_known_type(name)

    def type_of(self, canonical: str) -> str | None:
        """The type that a structure is about, None when it is unknown; it needs no snapshot."""
        found = self._types.get(canonical) or self._find_type(canonical)
        if found is not None:  # names that lead nowhere come from resources, so they are not kept
            self._types[canonical] = found
        return found

    def _find_type(self, canonical: str) -> str | None:
        given = self._given(canonical)
        if given is not None:
            return given.get("type")
        structure = self.definitions.find_structure(canonical)
        return structure.name if structure else None

    def is_a(self, type_name: str, ancestor: str) -> bool:
        """Whether a type is another one or derives from it."""
        if type_name == ancestor or ancestor in ("Element", "Base"):
            return True
        known = self._ancestors.get(type_name)
        if known is None:
            known = frozenset(self._climb(type_name))
            if known:
                self._ancestors[type_name] = known
        return ancestor in known

    def _climb(self, type_name: str) -> list[str]:
        if "." in type_name:
            return self._climb_element(type_name)
        names = []
        structure = self.definitions.find_structure(type_name)
        while structure is not None and structure.base:
            names.append(type_of(structure.base))
            structure = self.definitions.find_structure(names[-1])
        return names

    def _climb_element(self, path: str) -> list[str]:
        """The types of an element that is named by its path."""
        parent, _, name = path.rpartition(".")
        element = self.definitions.element(parent, name)
        codes = [ref.code for ref in element.types] if element else []
        return [*codes, *(name for code in codes for name in self._climb(code))]

    def type_profile(self, name: str) -> Profile | None:
        """The definition of a type of the specification."""
        return self.profile(_CORE + name) if name and "." not in name else None

    def profile(self, canonical: str) -> Profile | None:
        """The profile with its snapshot, generated when it carries none; None when it is unknown.

        Raises ValueError when no snapshot can be had.
        """
        found = self._profiles.get(canonical)
        if found is None and canonical not in self._unknown:
            found = self._read(canonical)
            if found is not None:
                self._profiles[canonical] = found
            elif len(self._unknown) < _KEPT_UNKNOWN:
                self._unknown.add(canonical)
        return found

    def _read(self, canonical: str) -> Profile | None:
        raw = self._raw(canonical)
        if raw is None:
            return None
        try:
            if not raw.get("snapshot", {}).get("element"):
                raw = self.snapshots.generate(raw).structure
            return Profile(raw)
        except (FhirError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(str(error)) from error

    def _raw(self, canonical: str) -> dict[str, Any] | None:
        given = self._given(canonical)
        if given is not None:
            return dict(given)
        return self.definitions.resource("StructureDefinition", canonical)

    def canonical_resource(self, canonical: str) -> dict[str, Any] | None:
        """A given resource of any type by its canonical, None when there is none."""
        found = self._given(canonical)
        return None if found is None else dict(found)

    def _given(self, canonical: str) -> Mapping[str, Any] | None:
        """A structure given by its canonical; a version may be cut short (``1.2`` for ``1.2.3``)."""
        url, _, version = canonical.partition("|")
        found = [entry for entry in self._by_url.get(url, ()) if _is_version(entry.get("version"), version)]
        return found[-1] if found else None

    def canonical_types(self, canonical: str) -> frozenset[str]:
        """The types of the resources that are known by a canonical, whatever their version."""
        url = canonical.partition("|")[0]
        found = {str(entry.get("resourceType")) for entry in self._by_url.get(url, ())}
        return self._published.get(url, frozenset()) | found

    @cached_property
    def _published(self) -> dict[str, frozenset[str]]:
        """Types by the canonicals of the definitions."""
        found: dict[str, frozenset[str]] = {}
        for type_name in _CANONICAL_TYPES:
            for url in self.definitions.canonicals(type_name):
                found[url] = found.get(url, frozenset()) | {type_name}
        return found

    def global_profiles(self, type_name: str) -> tuple[str, ...]:
        """The profiles that given implementation guides ask of every resource of a type."""
        return self._global.get(type_name, ())


def _is_version(actual: Any, asked: str) -> bool:
    return not asked or actual in (asked, None) or str(actual).startswith(f"{asked}.")


def _by_url(extra: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The given resources by url, each with its versions in order."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for resource in {id(resource): resource for resource in extra}.values():
        found.setdefault(str(resource.get("url")), []).append(resource)
    for versions in found.values():
        versions.sort(key=lambda resource: _version_key(str(resource.get("version", ""))))
    return found


def _version_key(version: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in version.replace("-", ".").split(".")]


def _global(extra: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for guide in extra:
        if guide.get("resourceType") == "ImplementationGuide":
            for entry in guide.get("global", ()):
                found[entry["type"]] = (*found.get(entry["type"], ()), entry["profile"])
    return found
