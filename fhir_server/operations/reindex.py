"""$reindex: entries of what is stored, derived anew; SearchParameter resources come into force by it.

https://hl7.org/fhir/R4/searchparameter.html
"""

from __future__ import annotations

from conformance.errors import BadRequest, NotSupported
from fhir_server.bulk.messages import NO_REINDEX, REINDEX_ACCEPTED, REINDEX_NOT_ASYNC
from fhir_server.bulk.reindexing import REINDEX, Order
from fhir_server.exchange.bundles import link
from fhir_server.exchange.context import Context
from fhir_server.exchange.registry import ANY_TYPE, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.kick_off import accepted, require_room
from fhir_server.operations.parameters import inputs
from fhir_server.repository.in_force import wanted
from fhir_server.search import SearchRegistry
from fhir_server.store.reindexing import Reindexable


async def handle(service: Service, context: Context, request: Request) -> Response:
    """202 with the URL of the status.

    Raises BadRequest, NotSupported, TooMany, and Unprocessable for a bad SearchParameter.
    """
    inputs(request, frozenset())
    if not request.is_async:
        raise BadRequest.of(REINDEX_NOT_ASYNC)
    store, type_name = service.repository.store, request.target.type
    if not isinstance(store, Reindexable):
        raise NotSupported.of(NO_REINDEX)
    await require_room(service)
    types = (type_name,) if type_name else ()
    SearchRegistry(service.definitions, extra=await wanted(store, types))
    path = "/".join(filter(None, (type_name, "$reindex")))
    order = Order(types, link(context.base_url, path, request.pairs))
    return await accepted(service, context, REINDEX, order, REINDEX_ACCEPTED)


REINDEX_OPERATION = OperationDef(
    code="reindex",
    canonical="https://w3id.org/vn-ehb/OperationDefinition/reindex",
    types=(ANY_TYPE,),
    shapes=(Shape.SYSTEM_OPERATION, Shape.TYPE_OPERATION),
    changes_state=True,
    handle=handle,
    in_bundle=False,
)
