"""Which fields a value of a type has, and what stands in them. https://hl7.org/fhir/R4/graphql.html#fields

The types are those of the definitions, and for each resource type the two that its searches bring:
``PatientConnection`` with its ``PatientEdge``.
"""

from __future__ import annotations

from typing import NamedTuple

from conformance.definitions import Definitions
from conformance.errors import BadRequest
from conformance.fhirpath import model_of
from conformance.fhirpath.model import plain
from fhir_server.operations.messages import GRAPHQL_FIELD, GRAPHQL_TYPE

#: Any resource: of which type, only the value tells.
ANY = "Resource"
LIST, CONNECTION, EDGE = "List", "Connection", "Edge"

_NUMBERS = dict.fromkeys(("count", "offset", "pagesize", "pageSize"), "integer")
_CURSORS = dict.fromkeys(("first", "previous", "next", "last"), "string")
#: By suffix of the type: the plain fields of what a search brings. https://hl7.org/fhir/R4/graphql.html#searching
_FOUND = {CONNECTION: {**_NUMBERS, **_CURSORS}, EDGE: {"mode": "code", "score": "decimal"}}


class Member(NamedTuple):
    """What stands under a field. ``type`` is good for ``Schema``; ``key`` is the JSON property."""

    key: str
    type: str
    is_list: bool = False
    is_primitive: bool = False


class Schema:
    """The fields of every type, from the definitions."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self.model = model_of(definitions)

    def member(self, type: str, name: str) -> Member:
        """The element ``name``, by its JSON property, of a value of ``type``. Raises BadRequest when there is none."""
        found = self._found(type, name) or self._element(type, name)
        if found is None:
            raise BadRequest.of(GRAPHQL_FIELD, type=type, name=name)
        return found

    def is_resource(self, type: str) -> bool:
        """True for the name of a concrete resource type."""
        return self._definitions.is_resource(type)

    def searched(self, name: str) -> tuple[str, str] | None:
        """``("Patient", "List")`` for the field ``PatientList``; None for a field that searches nothing."""
        for suffix in (LIST, CONNECTION):
            of = name.removesuffix(suffix)
            if of != name and self.is_resource(of):
                return of, suffix
        return None

    def applies(self, condition: str, type: str) -> bool:
        """True when a fragment on ``condition`` is for values of ``type``. Raises BadRequest for an unknown type."""
        if condition and not (self.model.is_type(condition) or self.is_found(condition)):
            raise BadRequest.of(GRAPHQL_TYPE, name=condition)
        return condition in ("", type) or (not self.is_found(type) and self.model.is_a(type, condition))

    def is_found(self, type: str) -> bool:
        """True for a type of what a search brings, which is no type of FHIR."""
        return any(type.endswith(suffix) and self.is_resource(type.removesuffix(suffix)) for suffix in _FOUND)

    def _found(self, type: str, name: str) -> Member | None:
        """The field of a connection or an edge."""
        suffix = next((one for one in _FOUND if type.endswith(one)), "")
        of = type.removesuffix(suffix)
        if not suffix or not self.is_resource(of):
            return None
        if (suffix, name) == (CONNECTION, "edges"):
            return Member(name, of + EDGE, is_list=True)
        if (suffix, name) == (EDGE, "resource"):
            return Member(name, of)
        primitive = _FOUND[suffix].get(name)
        return Member(name, primitive, is_primitive=True) if primitive else None

    def _element(self, type: str, name: str) -> Member | None:
        structure = self._definitions.find_structure(type)
        if structure is None:
            return None
        if name == "resourceType" and structure.kind == "resource":
            return Member(name, "code", is_primitive=True)
        held = structure.properties.get(name.removeprefix("_"))
        if held is None:
            return None
        element, ref = held
        inside = element.content_reference or (element.path if element.children is not None else "")
        kind = inside or plain(ref.code if ref else "")
        is_primitive = kind[:1].islower()
        if name.startswith("_"):
            return Member(name, "Element", element.is_array) if is_primitive else None
        return Member(name, kind, element.is_array, is_primitive)
