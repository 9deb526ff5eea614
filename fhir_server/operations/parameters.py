"""What an operation is given, by query parameters or a Parameters body. https://hl7.org/fhir/R4/operations.html"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.errors import BadRequest, InvalidContent
from fhir_server.exchange.messages import TYPE_MISMATCH, UNKNOWN_INPUT
from fhir_server.exchange.request import Request


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
        name = row.get("name") if isinstance(row, dict) else None
        if carried and name == carried and isinstance(row.get("resource"), dict):
            continue
        is_known = isinstance(name, str) and (known is None or name in known)
        values = [value for key, value in row.items() if key.startswith("value")] if is_known else []
        if len(values) != 1 or isinstance(values[0], dict | list):
            raise BadRequest.of(UNKNOWN_INPUT, f"Parameters.parameter[{index}]", name=name)
        yield str(name), _text(values[0])


def carried_resource(parameters: dict[str, Any], name: str) -> tuple[dict[str, Any], str] | None:
    """The resource in the parameter of this name, and its FHIRPath; None when there is no such parameter."""
    for index, row in enumerate(rows(parameters)):
        if isinstance(row, dict) and row.get("name") == name and isinstance(row.get("resource"), dict):
            return row["resource"], f"Parameters.parameter[{index}].resource"
    return None


def rows(parameters: dict[str, Any]) -> list[Any]:
    """The parameters as they were sent; one that is nothing when they are no list."""
    found = parameters.get("parameter", [])
    return found if isinstance(found, list) else [None]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
