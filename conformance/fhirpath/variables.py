"""The ``%name`` variables. https://hl7.org/fhir/R4/fhirpath.html#vars"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeAlias

from conformance.fhirpath import syntax
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.messages import NOT_GIVEN, UNKNOWN_VARIABLE, FhirPathError
from conformance.fhirpath.model import Node, actual_type
from conformance.fhirpath.values import BOOLEAN, DECIMAL, INTEGER, STRING, string

Give: TypeAlias = Callable[[Frame], list[Node]]

_ROOTS: dict[str, Give] = {
    "context": lambda frame: [frame.run.context],
    "resource": lambda frame: [frame.run.resource],
    "rootResource": lambda frame: [frame.run.root],
}
_TEXTS = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}
_PREFIXES = {
    "vs-": "http://hl7.org/fhir/ValueSet/",
    "cs-": "http://hl7.org/fhir/",
    "ext-": "http://hl7.org/fhir/StructureDefinition/",
}


def variable(text: str, tree: syntax.External, given: Collection[str]) -> Give:
    """What gives the value of a variable; ``given`` are the names that the environment will bring.

    Raises FhirPathError for a name that is none of these.
    """
    name = tree.name
    if name in given:
        return _from_environment(text, tree)
    if name in _ROOTS:
        return _ROOTS[name]
    address = _TEXTS.get(name) or _canonical(name)
    if address is None:
        raise FhirPathError.at(UNKNOWN_VARIABLE, text, tree.at, name=name)
    constant = string(address)
    return lambda _frame: constant


def _canonical(name: str) -> str | None:
    for prefix, base in _PREFIXES.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            return base + name.removeprefix(prefix)
    return None


def _from_environment(text: str, tree: syntax.External) -> Give:
    def give(frame: Frame) -> list[Node]:
        variables = frame.run.environment.variables
        if tree.name not in variables:
            raise FhirPathError.at(NOT_GIVEN, text, tree.at, name=f"%{tree.name}")
        return as_nodes(variables[tree.name])

    return give


_SYSTEM: dict[type, str] = {bool: BOOLEAN, int: INTEGER, str: STRING}


def as_nodes(value: Any) -> list[Node]:
    """A variable's value (None, a node, a JSON value or a list of these) as a collection."""
    if value is None:
        return []
    if isinstance(value, Node):
        return [value]
    if isinstance(value, list):
        return [node for one in value for node in as_nodes(one)]
    if isinstance(value, dict):
        return [Node(value, actual_type(value, "Resource" if "resourceType" in value else "Element"))]
    return [Node(value, _SYSTEM.get(type(value), DECIMAL))]
