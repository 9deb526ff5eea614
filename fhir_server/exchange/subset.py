"""Part of a resource: ``_summary`` and ``_elements``. https://hl7.org/fhir/R4/search.html#summary"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.definitions import Definitions, StructureType
from conformance.errors import BadRequest
from conformance.json_codec import decode, encode
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.search import Summary

#: Tells that elements were left out. https://hl7.org/fhir/R4/codesystem-v3-ObservationValue.html
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
    "display": "subsetted",
}
_ALWAYS = frozenset(("resourceType", "id", "meta"))


@dataclass(frozen=True, slots=True)
class Subset:
    """What of each resource is wanted; nothing set means all of it."""

    summary: Summary | None = None
    elements: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """True when resources are answered as stored."""
        return not self.elements and self.summary in (None, Summary.FALSE)

    def cut(self, body: bytes, definitions: Definitions) -> bytes:
        """The JSON of a resource cut down to what is wanted, tagged as subsetted."""
        if self.is_whole:
            return body
        resource = decode(body)
        structure = definitions.structure(resource["resourceType"])
        kept = self._kept(resource, structure, definitions)
        tags = [*kept.get("meta", {}).get("tag", ()), SUBSETTED]
        kept["meta"] = {**kept.get("meta", {}), "tag": tags}
        return encode(kept)

    def _kept(self, resource: dict[str, Any], structure: StructureType, definitions: Definitions) -> dict[str, Any]:
        if self.elements:
            named = (name.rpartition(".")[2] for name in self.elements if _applies(name, structure))
            wanted = frozenset(name.removesuffix("[x]") for name in named)
            return _top_level(resource, structure, wanted)
        if self.summary is Summary.TEXT:
            return _top_level(resource, structure, frozenset(("text",)))
        if self.summary is Summary.DATA:
            return {name: value for name, value in resource.items() if name != "text"}
        return summarized(resource, structure, definitions)


def _applies(name: str, structure: StructureType) -> bool:
    of, dot, _ = name.rpartition(".")
    return not dot or of == structure.name


def _top_level(resource: dict[str, Any], structure: StructureType, wanted: frozenset[str]) -> dict[str, Any]:
    """``wanted`` by name (``value`` or ``valueQuantity``), with mandatory and modifier elements."""
    return {
        name: value
        for name, value in resource.items()
        if name in _ALWAYS
        or name.removeprefix("_") in wanted
        or (
            ((found := structure.properties.get(name.removeprefix("_"))) is not None)
            and (found.element.min > 0 or found.element.is_modifier or found.element.name in wanted)
        )
    }


def summarized(node: dict[str, Any], structure: StructureType, definitions: Definitions) -> dict[str, Any]:
    """Only the elements that the definitions mark as summary, at every depth where they mark any."""
    kept = {}
    for name, value in node.items():
        found = structure.properties.get(name.removeprefix("_"))
        if name == "resourceType" or (found and (found.element.is_summary or found.element.min > 0)):
            inner = found.element.children if found else None
            kept[name] = _inside(value, inner, definitions) if inner else value
    return kept


def _inside(value: Any, structure: StructureType, definitions: Definitions) -> Any:
    if isinstance(value, list):
        return [_inside(item, structure, definitions) for item in value]
    return summarized(value, structure, definitions) if isinstance(value, dict) else value


def require_elements(elements: Sequence[str], types: Sequence[str], definitions: Definitions) -> None:
    """Refuse names that are no elements of these types, or of the type that stands before them.

    Raises BadRequest.
    """
    for name in elements:
        of, _, element = name.rpartition(".")
        places = [of] if of else types
        if not any(
            definitions.is_resource(one) and element.removesuffix("[x]") in _elements_of(one, definitions)
            for one in places
        ):
            meant = ", ".join(types) if len(types) == 1 else "a resource type"
            raise BadRequest.of(BAD_PARAMETER, parameter="_elements", value=name, expected=f"elements of {meant}")


@lru_cache(maxsize=256)
def _elements_of(type: str, definitions: Definitions) -> frozenset[str]:
    properties = definitions.structure(type).properties
    return frozenset((*properties, *(found.element.name for found in properties.values())))


def subset_of(pairs: Sequence[tuple[str, str]]) -> Subset:
    """The subset that ``_summary`` and ``_elements`` of a read ask for. Raises BadRequest for an unknown summary."""
    return _subset_of(tuple(pairs)) if pairs else WHOLE


@lru_cache(maxsize=256)
def _subset_of(pairs: tuple[tuple[str, str], ...]) -> Subset:
    given = dict(pairs)
    wanted = given.get("_summary")
    if wanted is not None and wanted not in set(Summary) - {Summary.COUNT}:
        raise BadRequest.of(BAD_PARAMETER, parameter="_summary", value=wanted, expected="true | text | data | false")
    named = (name.strip() for key, text in pairs if key == "_elements" for name in text.split(","))
    return Subset(Summary(wanted) if wanted else None, tuple(filter(None, named)))


WHOLE = Subset()
