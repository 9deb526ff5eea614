"""The FHIR R4 definitions as the server asks for them: structures, search parameters, compartments, raw resources.

https://hl7.org/fhir/R4/profilelist.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from conformance.definitions.cache import Archive, Span
from conformance.definitions.compile import compile_structure
from conformance.definitions.layers import Layer, LooseLayer, PackedLayer, Published, latest
from conformance.definitions.model import Element, SearchParameter, StructureType
from conformance.definitions.versions import agrees
from conformance.json_codec import decode

_PARAMETERS = msgspec.msgpack.Decoder(dict[str, dict[str, SearchParameter]])
_COMPARTMENTS = msgspec.msgpack.Decoder(dict[str, dict[str, tuple[str, ...]]])
#: Profiles that stay compiled in memory; those that were used last.
_KEPT_PROFILES = 128

Raw = Mapping[str, Any]


class Definitions:
    """The specification's definitions, with those of packages and loose ones beside them.

    Everything is read on demand; what is kept does not grow with use. Safe to share between threads.

    A canonical is sought in the loose resources first, then in the packages, then in the specification. Among the
    packages ``url`` means the latest version, ``url|1.2`` the latest of 1.2, ``url|1.2.0`` just that; of two that are
    equally late the one of the earlier package. Only the specification's own types cannot be replaced.
    """

    def __init__(
        self, archive: Archive, packages: Sequence[PackedLayer] = (), loose: Iterable[Raw] | LooseLayer = ()
    ) -> None:
        self._archive = archive
        self._core = PackedLayer(archive)
        self._packages = tuple(packages)
        self._loose = loose if isinstance(loose, LooseLayer) else LooseLayer(loose)
        self._groups: tuple[tuple[Layer, ...], ...] = ((self._loose,), self._packages, (self._core,))
        self._structures: dict[str, StructureType] = {}
        self._profile = lru_cache(maxsize=_KEPT_PROFILES)(self._read_profile)
        self.resource_types: tuple[str, ...] = archive.header.resource_types
        """The concrete resource types, sorted."""
        self._resource_names = frozenset(self.resource_types)

    def with_loose(self, resources: Iterable[Raw]) -> Definitions:
        """These definitions with other loose resources, which hide all else of the same canonical."""
        return Definitions(self._archive, self._packages, resources)

    @property
    def version(self) -> str:
        """Version of the specification's package, ``4.0.1``."""
        return self._archive.header.version

    @property
    def digest(self) -> str:
        """sha256 of the specification's package that was compiled, in hex."""
        return self._archive.header.digest

    @property
    def packages(self) -> tuple[str, ...]:
        """``name#version`` of each package, in the order in which they are asked; the specification's is the last."""
        return tuple(layer.label for layer in (*self._packages, self._core))

    def is_resource(self, name: str) -> bool:
        """True for the name of a concrete resource type."""
        return name in self._resource_names

    def structure(self, name: str) -> StructureType:
        """The structure of a type name (``Patient``, ``HumanName``, ``code``), of a path to a backbone element
        (``Patient.contact``) or of a canonical, profiles included. Raises KeyError when there is none."""
        found = self.find_structure(name)
        if found is None:
            raise KeyError(name)
        return found

    def find_structure(self, name: str) -> StructureType | None:
        """As ``structure``, but None when there is none.

        A profile without a snapshot gets one; InvalidContent is raised when that, or the given one, is not usable.
        """
        found = self._structures.get(name)
        if found is None and ":" in name:
            return self._by_canonical(name)
        if found is None:
            found = self._read_structure(name)
            if found is not None:  # names that lead nowhere come from requests, so they are not kept
                self._structures[name] = found
        return found

    def element(self, parent: str, name: str) -> Element | None:
        """The element of a type or backbone path, by its name (``value``) or its JSON property (``valueQuantity``)."""
        structure = self.find_structure(parent)
        if structure is None:
            return None
        if name in structure.elements:
            return structure.elements[name]
        found = structure.properties.get(name)
        return found.element if found else None

    def element_type(self, parent: str, name: str) -> tuple[str, ...]:
        """The names, good for ``structure``, of what stands in an element: one, several for a choice that is named
        without its type (``value``), none when ``parent`` has no such element. A backbone element gives its path."""
        element = self.element(parent, name)
        if element is None:
            return ()
        if element.content_reference:
            return (element.content_reference,)
        if element.children is not None:
            return (element.path,)
        return tuple(t.code for t in element.types if name in (element.name, element.property_name(t.code)))

    @cached_property
    def search_parameters(self) -> dict[str, dict[str, SearchParameter]]:
        """Resource type -> code -> parameter of the specification; those of Resource and DomainResource stand in each
        type. Parameters that packages publish change what is indexed and are no part of it."""
        return _PARAMETERS.decode(self._section(self._archive.header.parameters))

    @cached_property
    def compartments(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Compartment code (``Patient``) -> resource type -> codes of the search parameters that lead into it."""
        return _COMPARTMENTS.decode(self._section(self._archive.header.compartments))

    def resource(self, type_name: str, canonical: str) -> dict[str, Any] | None:
        """A published resource, freshly decoded, by type and either its id or its URL, which may carry ``|version``."""
        found = self._find(type_name, canonical)
        return None if found is None else decode(found.text())

    def value_set(self, canonical: str) -> dict[str, Any] | None:
        """A published ValueSet, freshly decoded."""
        return self.resource("ValueSet", canonical)

    def code_system(self, canonical: str) -> dict[str, Any] | None:
        """A published CodeSystem, freshly decoded; whether it is complete is told by its ``content``."""
        return self.resource("CodeSystem", canonical)

    def canonicals(self, type_name: str) -> tuple[str, ...]:
        """The URLs of all published resources of a type, sorted."""
        return tuple(sorted({url for group in self._groups for layer in group for url in layer.urls(type_name)}))

    def _find(self, type_name: str, canonical: str) -> Published | None:
        if ":" not in canonical:
            layers = (layer for group in self._groups for layer in group)
            return next((found for layer in layers for found in layer.with_id(type_name, canonical)), None)
        url, _, version = canonical.partition("|")
        for group in self._groups:
            found = latest(group, type_name, url, version)
            if found is None and version:  # six published URLs have a bar of their own
                found = latest(group, type_name, canonical, "")
            if found is not None:
                return found
        return None

    def _section(self, span: Span | None) -> bytes:
        if span is None:
            raise self._archive.damage("it is not the base package")
        return self._archive.section(span)

    def _read_structure(self, name: str) -> StructureType | None:
        span = self._archive.header.structures.get(name)
        if span is not None:
            return self._core.compiled(span)
        parent, _, last = name.rpartition(".")
        element = self.element(parent, last) if parent else None
        return element.children if element else None

    def _by_canonical(self, canonical: str) -> StructureType | None:
        url, _, version = canonical.partition("|")
        name = self._archive.header.canonicals.get(url)
        if name is not None:
            return self.find_structure(name) if agrees(self.version, version) else None
        try:
            return self._profile(canonical)
        except KeyError:
            return None

    def _read_profile(self, canonical: str) -> StructureType:
        """Raises KeyError, which the cache does not keep, when there is none."""
        found = self._find("StructureDefinition", canonical)
        if found is None:
            raise KeyError(canonical)
        return found.structure() or compile_structure(self._with_snapshot(decode(found.text())))

    def _with_snapshot(self, definition: Raw) -> Raw:
        from conformance.snapshots import generate  # noqa: PLC0415  # it builds on the model of this package

        if definition.get("snapshot", {}).get("element") or not definition.get("differential"):
            return definition
        return generate(dict(definition), lambda canonical: self.resource("StructureDefinition", canonical))
