"""Where the validator finds structures: those given to it, then those of the definitions.

https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.definitions import Definitions, StructureType, compile_structure


class Structures:
    """Structures by canonical or type name; what is given hides what the definitions hold."""

    def __init__(self, definitions: Definitions, extra: Mapping[str, Mapping[str, Any]]) -> None:
        self._definitions = definitions
        self._extra = extra
        self._compiled: dict[str, StructureType] = {}

    def is_resource(self, name: str) -> bool:
        """True for a concrete resource type."""
        return self._definitions.is_resource(name)

    def find(self, name: str) -> StructureType | None:
        """The structure, None when it is unknown. Raises InvalidContent when it was given without a usable snapshot."""
        given = self._given(name)
        if given is None:
            return self._definitions.find_structure(name)
        if name not in self._compiled:
            self._compiled[name] = compile_structure(given)
        return self._compiled[name]

    def type_of(self, name: str) -> str | None:
        """The type that a structure is about, None when it is unknown; it needs no snapshot."""
        given = self._given(name)
        if given is not None:
            return given.get("type")
        structure = self._definitions.find_structure(name)
        return structure.name if structure else None

    def _given(self, name: str) -> Mapping[str, Any] | None:
        return self._extra.get(name) or self._extra.get(name.partition("|")[0])
