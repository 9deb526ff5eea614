"""The value of an operation as a new element of the type that its place asks for.

A data type comes as ``value[x]``, a resource as ``resource``; what has no ``value[x]`` comes as parts that are named
like its elements. https://hl7.org/fhir/R4/fhirpatch.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conformance.definitions import Definitions, Element
from conformance.errors import InvalidContent
from conformance.fhirpath import Model
from conformance.patch import messages
from conformance.patch.operation import Operation
from conformance.patch.tree import Content, Object, append, assign, marked

_PARAMETER = "Parameters.parameter"
#: Types of which each may stand for the other: the first without a ``value[x]`` of their own, the second as the
#: official cases have them.
_NEAR = (frozenset(("string", "xhtml")), frozenset(("date", "dateTime", "instant")))


@dataclass(frozen=True, slots=True)
class Contents:
    """Makes the elements that one operation brings."""

    operation: Operation
    definitions: Definitions
    model: Model

    def element(self, owner: str, name: str) -> Element:
        """The element ``name`` (also ``valueQuantity``) of the type ``owner``. Raises Unprocessable without one."""
        found = self.definitions.element(owner, name)
        if found is None or (owner[:1].islower() and found.name == "value"):
            raise self.operation.refused(messages.UNKNOWN_ELEMENT, type=owner, name=name)
        return found

    def made(self, part: Object, owner: str, name: str) -> tuple[str, Content]:
        """JSON key and content of the element ``name`` of ``owner`` that ``part`` brings.

        Raises InvalidContent for a part that holds no value, Unprocessable for one of another type.
        """
        element = self.element(owner, name)
        wanted = self.definitions.element_type(owner, name)
        content = self._composed(part, wanted) if part.get("part") else self._given(part)
        fitting = [code for code in wanted if code == content.type] or [
            code for code in wanted if self._fits(content.type, code)
        ]
        if not fitting:
            raise self.operation.refused(messages.WRONG_TYPE, name=name, wanted=", ".join(wanted), given=content.type)
        return element.property_name(fitting[0]), content

    def add(self, parent: Object, owner: str, name: str, part: Object) -> Content:
        """Put the element that ``part`` brings into ``parent``, a value of ``owner``; behind those that it has."""
        element = self.element(owner, name)
        key, content = self.made(part, owner, name)
        if element.is_array:
            append(parent, key, content)
            return content
        keys = {element.property_name(ref.code) for ref in element.types} or {element.name}
        if any(one in parent or f"_{one}" in parent for one in keys):
            raise self.operation.refused(messages.EXISTS_ALREADY, name=name)
        assign(parent, key, content)
        return content

    def _composed(self, part: Object, wanted: Sequence[str]) -> Content:
        """An object of the only type that is possible, from parts that are its elements."""
        parts = part["part"]
        is_alone = not any(key.lstrip("_").startswith(("value", "resource")) for key in part)
        if len(wanted) != 1 or wanted[0][:1].islower() or not is_alone or type(parts) is not list:
            raise self._bad(part)
        found: Object = {}
        for inner in parts:
            if type(inner) is not dict or type(inner.get("name")) is not str:
                raise self._bad(part)
            self.add(found, wanted[0], inner["name"], inner)
        return Content(wanted[0], found)

    def _given(self, part: Object) -> Content:
        """The data type or resource that ``part`` holds."""
        keys = {key.removeprefix("_") for key in part} - {"id", "extension", "name", "part"}
        known = self.definitions.structure(_PARAMETER).properties
        if len(keys) != 1 or not keys <= known.keys():
            raise self._bad(part)
        (key,) = keys
        value, twin = part.get(key), part.get(f"_{key}")
        if key == "resource":
            resource = self._object(part, value)
            return Content(str(resource.get("resourceType")), marked(resource))
        ref = known[key].type
        if ref is None or not ref.code[:1].islower():
            return Content(ref.code if ref else "", marked(self._object(part, value)))
        if type(value) in (dict, list) or (value is None and not twin):
            raise self._bad(part)
        return Content(ref.code, value, marked(self._object(part, twin)) if twin else {})

    def _object(self, part: Object, value: Any) -> Object:
        if type(value) is not dict or not value:
            raise self._bad(part)
        return value

    def _fits(self, given: str, wanted: str) -> bool:
        if any({given, wanted} <= near for near in _NEAR):
            return True
        return self.model.is_a(given, wanted) or self.model.is_a(wanted, given)

    def _bad(self, part: Object) -> InvalidContent:
        return self.operation.malformed(messages.BAD_VALUE, part=str(part.get("name")))
