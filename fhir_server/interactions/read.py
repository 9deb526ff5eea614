"""read. https://hl7.org/fhir/R4/http.html#read"""

from __future__ import annotations

from conformance.errors import Gone
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.reading import shown
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service


async def handle(service: Service, context: Context, request: Request) -> Response:
    """The current version. Raises NotFound; a deleted resource is 410 with the ETag of the version that deleted it."""
    target = request.target
    try:
        version = await service.repository.read(target.type, target.id, visible=context.visible)
    except Gone as error:
        return await _deleted(service, context, request, error)
    return shown(service, request, version)


async def _deleted(service: Service, context: Context, request: Request, error: Gone) -> Response:
    target = request.target
    page = await service.repository.history(target.type, target.id, limit=1, visible=context.visible)
    response = Response(410, outcome_bytes(error.issues, context.language))
    for version in page.versions:
        response.version_id, response.last_updated = version.version_id, version.last_updated
    return response
