"""The functions that views add to FHIRPath: keys to join by.

https://sql-on-fhir.org/ig/StructureDefinition-ViewDefinition.html#required-additional-functions

A key is ``Type/id``: unique over all types, so that a column of references to several types joins without a second one.
"""

from __future__ import annotations

import re
from typing import Any

from conformance.fhirpath import syntax
from conformance.fhirpath.compiler import Builder, Closure, Compiler
from conformance.fhirpath.environment import Frame
from conformance.fhirpath.functions import FUNCTIONS
from conformance.fhirpath.model import Node
from conformance.fhirpath.values import string

#: Environment variable under which an evaluation knows the address of its own server.
BASE = "fhirBase"
_is_local = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?").fullmatch


def resource_key(resource: Any) -> str | None:
    """``Patient/1`` of a resource; None for what has no type or id."""
    if not isinstance(resource, dict):
        return None
    kind, logical_id = resource.get("resourceType"), resource.get("id")
    return f"{kind}/{logical_id}" if kind and logical_id else None


def reference_key(reference: Any, base: str, type: str = "") -> str | None:
    """``Patient/1`` of a Reference to a resource of this server; None for any other, or one of another type."""
    text = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(text, str):
        return None
    found = _is_local(text.removeprefix(f"{base}/") if base else text)
    if found is None or type not in ("", found[1]):
        return None
    return f"{found[1]}/{found[2]}"


def _get_resource_key(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 0)
    return lambda _frame, focus: [key for node in focus for key in string(resource_key(node.value))]


def _get_reference_key(compiler: Compiler, call: syntax.Function) -> Closure:
    compiler.expect(call, 0, 1)
    wanted = compiler.type_argument(call).removeprefix("FHIR.") if call.arguments else ""

    def run(frame: Frame, focus: list[Node]) -> list[Node]:
        base = frame.run.environment.variables.get(BASE, "")
        return [key for node in focus for key in string(reference_key(node.value, base, wanted))]

    return run


#: Everything that a path of a view may call.
VIEW_FUNCTIONS: dict[str, Builder] = {
    **FUNCTIONS,
    "getResourceKey": _get_resource_key,
    "getReferenceKey": _get_reference_key,
}
