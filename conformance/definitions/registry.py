"""The FHIR R4 definitions as the server asks for them: structures, search parameters, compartments, raw resources.

https://hl7.org/fhir/R4/profilelist.html
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import msgspec

from conformance.definitions.cache import Archive, ResourcePlace
from conformance.definitions.compile import compile_structure
from conformance.definitions.model import Element, SearchParameter, StructureType
from conformance.json_codec import decode

_STRUCTURE = msgspec.msgpack.Decoder(StructureType)
_PARAMETERS = msgspec.msgpack.Decoder(dict[str, dict[str, SearchParameter]])
_COMPARTMENTS = msgspec.msgpack.Decoder(dict[str, dict[str, tuple[str, ...]]])
#: Unpacked blocks of raw resources that stay in memory.
_KEPT_BLOCKS = 8
_PLACES = msgspec.msgpack.Decoder(list[ResourcePlace])


class Definitions:
    """Reads everything on demand from one archive and keeps what it has read. Safe to share between threads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._structures: dict[str, StructureType] = {}
        self._block = lru_cache(maxsize=_KEPT_BLOCKS)(self._read_block)
        self.resource_types: tuple[str, ...] = archive.header.resource_types
        """The concrete resource types, sorted."""
        self._resource_names = frozenset(self.resource_types)

    @property
    def version(self) -> str:
        """Version of the package, ``4.0.1``."""
        return self._archive.header.version

    @property
    def digest(self) -> str:
        """sha256 of the package that was compiled, in hex."""
        return self._archive.header.digest

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
        """As ``structure``, but None when there is none."""
        found = self._structures.get(name) or self._read_structure(name)
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
        """Resource type -> code -> parameter; those of Resource and DomainResource stand in each type."""
        return _PARAMETERS.decode(self._archive.section(self._archive.header.parameters))

    @cached_property
    def compartments(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Compartment code (``Patient``) -> resource type -> codes of the search parameters that lead into it."""
        return _COMPARTMENTS.decode(self._archive.section(self._archive.header.compartments))

    def resource(self, type_name: str, canonical: str) -> dict[str, Any] | None:
        """A published resource, freshly decoded, by type and either its id or its URL, which may carry ``|version``."""
        place = self._place(type_name, canonical)
        return None if place is None else decode(self._block(place.block)[place.start : place.start + place.length])

    def value_set(self, canonical: str) -> dict[str, Any] | None:
        """A published ValueSet, freshly decoded."""
        return self.resource("ValueSet", canonical)

    def code_system(self, canonical: str) -> dict[str, Any] | None:
        """A published CodeSystem, freshly decoded; whether it is complete is told by its ``content``."""
        return self.resource("CodeSystem", canonical)

    def canonicals(self, type_name: str) -> tuple[str, ...]:
        """The URLs of all published resources of a type, sorted."""
        return tuple(
            sorted({place.url for (name, _), place in self._places.items() if name == type_name and place.url})
        )

    @cached_property
    def _places(self) -> dict[tuple[str, str], ResourcePlace]:
        rows = _PLACES.decode(self._archive.section(self._archive.header.resources))
        places = {(row.type, row.url): row for row in rows if row.url}
        return places | {(row.type, row.id): row for row in rows}

    def _place(self, type_name: str, canonical: str) -> ResourcePlace | None:
        whole = self._places.get((type_name, canonical))  # six published URLs have a bar of their own
        if whole is not None:
            return whole
        url, _, version = canonical.partition("|")
        place = self._places.get((type_name, url))
        return place if place is not None and version in ("", place.version) else None

    def _read_block(self, number: int) -> bytes:
        return self._archive.section(self._archive.header.blocks[number])

    def _read_structure(self, name: str) -> StructureType | None:
        header = self._archive.header
        span = header.structures.get(name)
        if span is not None:
            return _STRUCTURE.decode(self._archive.section(span))
        if ":" in name:
            return self._by_canonical(name)
        parent, _, last = name.rpartition(".")
        element = self.element(parent, last) if parent else None
        return element.children if element else None

    def _by_canonical(self, canonical: str) -> StructureType | None:
        url, _, version = canonical.partition("|")
        name = self._archive.header.canonicals.get(url)
        if name is not None:
            return self.find_structure(name) if version in ("", self.version) else None
        raw = self.resource("StructureDefinition", canonical)
        return compile_structure(raw) if raw and "snapshot" in raw else None
