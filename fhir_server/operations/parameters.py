"""What an operation is given, by query parameters or a Parameters body. https://hl7.org/fhir/R4/operations.html"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.errors import BadRequest, InvalidContent
from fhir_server.exchange.messages import TYPE_MISMATCH, UNKNOWN_INPUT
from fhir_server.exchange.request import Request

#: https://hl7.org/fhir/R4/parameters.html
_MEMBERS = frozenset(
    ("resourceType", "id", "_id", "meta", "implicitRules", "_implicitRules", "language", "_language", "parameter")
)


def inputs(request: Request, known: frozenset[str] | None) -> Request:
    """The same request with the primitive parameters of its body added to its pairs.

    Raises InvalidContent when the body is no Parameters, BadRequest for a parameter that is not ``known`` (None: the
    operation judges the names itself).
    """
    if request.method != "POST" or not request.has_content:
        return request
    content = request.content()
    if content.get("resourceType") != "Parameters":
        raise InvalidContent.of(TYPE_MISMATCH, given=content.get("resourceType"), wanted="Parameters")
    request.pairs = (*request.pairs, *given(content, known))
    return request


def given(parameters: dict[str, Any], known: frozenset[str] | None, carried: str = "") -> Iterator[tuple[str, str]]:
    """Name and value of each primitive parameter, but not the one that carries a resource under the name ``carried``.

    Raises BadRequest for a parameter that is not ``known``.
    """
    for index, row in enumerate(rows(parameters)):
        name = row["name"]
        if carried and name == carried and isinstance(row.get("resource"), dict):
            continue
        if known is not None and name not in known:
            raise _not_understood(index, row)
        yield name, text_of(index, row)


def text_of(index: int, row: dict[str, Any], *, reference: bool = False) -> str:
    """The primitive in a parameter, or what a ``reference`` refers to. Raises BadRequest when there is none."""
    value = next((value for key, value in row.items() if key.startswith("value")), None)
    if reference and isinstance(value, dict):
        value = value.get("reference")
    if value is None or isinstance(value, dict | list):
        raise _not_understood(index, row)
    return str(value).lower() if isinstance(value, bool) else str(value)


def carried_resource(parameters: dict[str, Any], name: str) -> tuple[dict[str, Any], str] | None:
    """The resource in the parameter of this name, and its FHIRPath; None when there is no such parameter."""
    for index, row in enumerate(rows(parameters)):
        if row["name"] == name and isinstance(row.get("resource"), dict):
            return row["resource"], f"Parameters.parameter[{index}].resource"
    return None


def rows(parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters as they were sent, each with a name and at most one value, resource or list of parts.

    Raises BadRequest for anything else in a Parameters: what is passed over could be what limits an answer.
    """
    other = next((member for member in parameters if member not in _MEMBERS), None)
    if other is not None:
        raise BadRequest.of(UNKNOWN_INPUT, f"Parameters.{other}", name=other)
    found = parameters.get("parameter", [])
    if not isinstance(found, list):
        raise BadRequest.of(UNKNOWN_INPUT, "Parameters.parameter", name="parameter")
    for index, row in enumerate(found):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str) or sum(map(_is_held, row)) > 1:
            raise _not_understood(index, row)
    return found


def _is_held(member: str) -> bool:
    return member in {"resource", "part"} or member.startswith("value")


def _not_understood(index: int, row: Any) -> BadRequest:
    name = row.get("name") if isinstance(row, dict) else None
    return BadRequest.of(UNKNOWN_INPUT, f"Parameters.parameter[{index}]", name="" if name is None else name)
