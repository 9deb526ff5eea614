"""vread. https://hl7.org/fhir/R4/http.html#vread"""

from __future__ import annotations

from fhir_server.exchange.context import Context
from fhir_server.exchange.reading import shown
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service


async def handle(service: Service, context: Context, request: Request) -> Response:
    """The version that the URL names. Raises NotFound, and Gone for the version that a delete made."""
    target = request.target
    version = await service.repository.vread(target.type, target.id, target.version, visible=context.visible)
    return shown(service, request, version)
