"""$import: the kick-off of a bulk import, by a manifest of URLs or with the file as the body.

After the drafts of SMART, https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md. What it starts
is a job; its status and error files are served by ``fhir_server.rest.jobs``.
"""

from __future__ import annotations

import msgspec

from conformance.errors import BadRequest, Conflict, TooMany, UnsupportedMediaType
from conformance.json_codec import decode
from fhir_server.bulk.importing import findings, messages, uploads
from fhir_server.bulk.importing.asked import FORMATS, INITIAL, manifest_of, order_of_manifest, uploaded
from fhir_server.bulk.importing.order import IMPORT, Order
from fhir_server.exchange.bundles import link
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BODY_MISSING, UNSUPPORTED_MEDIA_TYPE
from fhir_server.exchange.registry import Content, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.kick_off import accepted, require_room

_JSON = ("application/fhir+json", "application/json", "")
_READ = " | ".join((FORMATS[0], *_JSON[:2]))


async def handle(service: Service, context: Context, request: Request) -> Response:
    """202 with the URL of the status. Raises BadRequest with every fault, UnsupportedMediaType, TooMany."""
    if not request.is_async:
        raise BadRequest.of(messages.NOT_ASYNC)
    if not request.body.strip():
        raise BadRequest.of(BODY_MISSING)
    await require_room(service)
    job = context.new_id()
    order = await _order(service, request)
    order = msgspec.structs.replace(
        order, url=link(context.base_url, "$import", request.pairs), language=context.language
    )
    store = service.repository.store
    if request.media_type in FORMATS:
        await uploads.keep(store, job, request.body)
    try:
        return await accepted(service, context, IMPORT, order, messages.ACCEPTED, id=job)
    except TooMany:
        await findings.forget(store, uploads.space_of(job))
        raise


async def _order(service: Service, request: Request) -> Order:
    if request.media_type in FORMATS:
        return uploaded(request.parameter("inputSource") or "")
    if request.media_type not in _JSON:
        raise UnsupportedMediaType.of(UNSUPPORTED_MEDIA_TYPE, given=request.media_type, wanted=_READ)
    content = decode(request.body)
    is_resource = content.get("resourceType") == "Parameters"
    manifest = manifest_of(content) if is_resource else content
    order, mode = order_of_manifest(manifest, service.definitions, service.import_from)
    if mode == INITIAL:
        count = sum((await service.repository.counts()).values())
        if count:
            raise Conflict.of(messages.NOT_EMPTY, count=count)
    return order


IMPORT_OPERATION = OperationDef(
    code="import",
    canonical="https://w3id.org/vn-ehb/OperationDefinition/import",
    types=(),
    shapes=(Shape.SYSTEM_OPERATION,),
    changes_state=True,
    handle=handle,
    params=frozenset({"inputSource"}),
    content=Content.ANY,
    in_bundle=False,
)
