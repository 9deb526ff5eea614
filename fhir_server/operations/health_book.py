"""Patient/[id]/$health-book: the national electronic health book as a document.

https://hl7.org/fhir/R4/documents.html
"""

from __future__ import annotations

from conformance.errors import BadRequest
from conformance.json_codec import decode, encode
from conformance.temporal import local_instant
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.registry import OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.parameters import inputs
from fhir_server.search.places import bases
from mappers.health_book import build
from terminology.names import DEFAULT_BASE

INCLUDE_SENSITIVE = "include-sensitive"
PARAMS = frozenset((INCLUDE_SENSITIVE,))
_BOOLEANS = {"true": True, "false": False}


async def handle(service: Service, context: Context, request: Request) -> Response:
    """A document Bundle, dated in the zone of the server; sensitive data is withheld unless the request includes it.

    Raises NotFound, Gone.
    """
    request = inputs(request, PARAMS)
    asked = request.parameter(INCLUDE_SENSITIVE) or "false"
    if asked not in _BOOLEANS:
        raise BadRequest.of(BAD_PARAMETER, parameter=INCLUDE_SENSITIVE, value=asked, expected="true | false")
    target = request.target
    walk = service.repository.everything(target.type, target.id, visible=context.visible)
    resources = [decode(version.body) async for chunk in walk for version in chunk]
    document = build(
        next(resource for resource in resources if _is_focus(resource, target.id)),
        [resource for resource in resources if not _is_focus(resource, target.id)],
        now=local_instant(context.now, service.zone),
        names=service.names,
        base_url=context.base_url,
        server_urls=bases(service.repository.indexer.base_url),
        language=context.asked_language or "vi",
        include_sensitive=_BOOLEANS[asked],
    )
    return Response(200, encode(document))


def _is_focus(resource: dict[str, object], id: str) -> bool:
    return resource["resourceType"] == "Patient" and resource["id"] == id


HEALTH_BOOK = OperationDef(
    code="health-book",
    canonical=f"{DEFAULT_BASE}/OperationDefinition/health-book",
    types=("Patient",),
    shapes=(Shape.INSTANCE_OPERATION,),
    changes_state=False,
    handle=handle,
    params=PARAMS,
)
