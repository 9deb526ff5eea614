"""What an operation is given, by query parameters or a Parameters body. https://hl7.org/fhir/R4/operations.html"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.errors import BadRequest, InvalidContent
from fhir_server.exchange.messages import TYPE_MISMATCH, UNKNOWN_INPUT
from fhir_server.exchange.request import Request


def inputs(request: Request, known: frozenset[str]) -> Request:
    """The same request with the primitive parameters of its body added to its pairs.

    Raises InvalidContent when the body is no Parameters, BadRequest for a parameter that is not ``known``.
    """
    if request.method != "POST" or not request.body.strip():
        return request
    content = request.content()
    if content.get("resourceType") != "Parameters":
        raise InvalidContent.of(TYPE_MISMATCH, given=content.get("resourceType"), wanted="Parameters")
    request.pairs = (*request.pairs, *_given(content.get("parameter", []), known))
    return request


def _given(rows: Any, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    for index, row in enumerate(rows if isinstance(rows, list) else [None]):
        name = row.get("name") if isinstance(row, dict) else None
        values = [value for key, value in row.items() if key.startswith("value")] if name in known else []
        if len(values) != 1 or isinstance(values[0], dict | list):
            raise BadRequest.of(UNKNOWN_INPUT, f"Parameters.parameter[{index}]", name=name)
        yield str(name), _text(values[0])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
