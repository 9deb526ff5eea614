"""What is posted to the base: a transaction or a batch. https://hl7.org/fhir/R4/http.html#transaction"""

from __future__ import annotations

from conformance.errors import InvalidContent
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import ENTRY_SHAPE, NOT_A_BUNDLE
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.interactions import batch, transaction

_KINDS = {"transaction": transaction.handle, "batch": batch.handle}


async def handle(service: Service, context: Context, request: Request) -> Response:
    """The response Bundle. Raises InvalidContent for anything but a transaction or a batch."""
    content = request.content()
    given = content.get("resourceType")
    kind = content.get("type")
    perform = _KINDS.get(kind) if given == "Bundle" and isinstance(kind, str) else None
    if perform is not None and not isinstance(content.get("entry", []), list):
        raise InvalidContent.of(ENTRY_SHAPE, "Bundle.entry")
    if perform is None:
        raise InvalidContent.of(NOT_A_BUNDLE, given=f"{given} of type {kind}" if given == "Bundle" else given)
    return await perform(service, context, request, content)
