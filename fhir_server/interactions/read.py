"""read. https://hl7.org/fhir/R4/http.html#read"""

from __future__ import annotations

from fhir_server.exchange.context import Context
from fhir_server.exchange.reading import shown
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service


async def handle(service: Service, context: Context, request: Request) -> Response:
    """The current version. Raises NotFound, and Gone with the version that deleted the resource."""
    target = request.target
    version = await service.repository.read(target.type, target.id, visible=context.visible)
    return shown(service, request, version)
