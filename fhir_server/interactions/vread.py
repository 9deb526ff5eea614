"""vread. https://hl7.org/fhir/R4/http.html#vread"""

from __future__ import annotations

from conformance.errors import Gone
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.reading import shown
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.store.protocol import Key


async def handle(service: Service, context: Context, request: Request) -> Response:
    """The version that the URL names. Raises NotFound; the version that a delete made is 410 with its ETag."""
    target = request.target
    try:
        version = await service.repository.vread(target.type, target.id, target.version, visible=context.visible)
    except Gone as error:
        return await _deleted(service, context, request, error)
    return shown(service, request, version)


async def _deleted(service: Service, context: Context, request: Request, error: Gone) -> Response:
    target = request.target
    response = Response(410, outcome_bytes(error.issues, context.language))
    version = await service.repository.store.vread(Key(target.type, target.id), int(target.version))
    if version is not None:
        response.version_id, response.last_updated = version.version_id, version.last_updated
    return response
