"""@flatten, @first, @singleton and @slice. https://hl7.org/fhir/R4/graphql.html#flattening"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from conformance.errors import BadRequest
from fhir_server.operations.graphql.document import Call
from fhir_server.operations.graphql.literals import bad_value
from fhir_server.operations.messages import GRAPHQL_ARGUMENT, GRAPHQL_DIRECTIVE

#: Directive -> its arguments. The specification calls that of @slice ``fhirpath`` in its text, ``path`` in examples.
_ARGUMENTS: dict[str, frozenset[str]] = {
    "flatten": frozenset(),
    "first": frozenset(),
    "singleton": frozenset(),
    "slice": frozenset(("path", "fhirpath")),
}


class Shape(NamedTuple):
    """What the directives of a field ask for; ``slice`` is FHIRPath, "" for none."""

    flatten: bool = False
    first: bool = False
    singleton: bool = False
    slice: str = ""


def shape_of(directives: Iterable[Call]) -> Shape:
    """The shape that these ask for. Raises BadRequest for a directive or argument that does not exist."""
    shape = Shape()
    for call in directives:
        known = _ARGUMENTS.get(call.name)
        if known is None:
            raise BadRequest.of(GRAPHQL_DIRECTIVE, name=call.name)
        unknown = next((name for name in call.arguments if name not in known), None)
        if unknown is not None:
            raise BadRequest.of(GRAPHQL_ARGUMENT, place=f"@{call.name}", name=unknown)
        wanted: dict[str, Any] = {call.name: _path(call) if known else True}
        shape = shape._replace(**wanted)
    return shape


def _path(call: Call) -> str:
    (path,) = list(call.arguments.values())[:1] or [""]
    if not isinstance(path, str) or not path:
        raise bad_value("path", f"@{call.name}", "a FHIRPath expression", "một biểu thức FHIRPath")
    return path
