"""$import: the kick-off of a bulk import, by a manifest of URLs or with the file as the body.

After the drafts of SMART, https://github.com/smart-on-fhir/bulk-import/blob/master/import-manifest.md. What it starts
is a job; its status and error files are served by ``fhir_server.rest.jobs``.
"""

from __future__ import annotations

import msgspec

from conformance.errors import BadRequest, Conflict, TooMany, UnsupportedMediaType
from conformance.issues import Issue
from conformance.json_codec import decode
from fhir_server.bulk.importing import findings, messages, uploads
from fhir_server.bulk.importing.asked import (
    FORMATS,
    INCREMENTAL,
    INITIAL,
    Asked,
    manifest_of,
    order_of_manifest,
    uploaded,
)
from fhir_server.bulk.importing.order import IMPORT
from fhir_server.exchange.bundles import link
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BODY_MISSING, UNSUPPORTED_MEDIA_TYPE
from fhir_server.exchange.registry import Answer, Content, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.kick_off import accepted, require_room

_JSON = ("application/fhir+json", "application/json", "")
_PARAMS = frozenset({"inputSource"})
_READ = " | ".join((FORMATS[0], *_JSON[:2]))


async def handle(service: Service, context: Context, request: Request) -> Response:
    """202 with the URL of the status. Raises BadRequest with every fault, UnsupportedMediaType, TooMany."""
    if not request.is_async:
        raise BadRequest.of(messages.NOT_ASYNC)
    if not request.body.strip():
        raise BadRequest.of(BODY_MISSING)
    await require_room(service)
    job = context.new_id()
    asked = await _asked(service, context, request)
    order = msgspec.structs.replace(
        asked.order, url=link(context.base_url, "$import", request.pairs), language=context.language
    )
    store = service.repository.store
    if request.media_type in FORMATS:
        await uploads.keep(store, job, request.body)
    try:
        told = [Issue(messages.LEFT_OUT, params={"reason": one}) for one in (*_left_out(request), *asked.left_out)]
        return await accepted(service, context, IMPORT, order, messages.ACCEPTED, id=job, told=told)
    except TooMany:
        await findings.forget(store, uploads.space_of(job))
        raise


def _left_out(request: Request) -> list[Issue]:
    """Parameters of the URL that mean nothing: a strict request that has some does not come so far."""
    unknown = dict.fromkeys(name for name, _ in request.pairs if name not in (*_PARAMS, *Answer.PLAIN.value.split()))
    return [Issue(messages.UNKNOWN_PARAMETER, params={"parameter": name}) for name in unknown]


async def _asked(service: Service, context: Context, request: Request) -> Asked:
    if request.media_type in FORMATS:
        return Asked(uploaded(request.parameter("inputSource") or ""), INCREMENTAL, ())
    if request.media_type not in _JSON:
        raise UnsupportedMediaType.of(UNSUPPORTED_MEDIA_TYPE, given=request.media_type, wanted=_READ)
    content = decode(request.body)
    is_resource = content.get("resourceType") == "Parameters"
    manifest = manifest_of(content) if is_resource else content
    asked = order_of_manifest(manifest, service.definitions, service.import_from, strict=context.strict)
    if asked.mode == INITIAL:
        count = sum((await service.repository.counts()).values())
        if count:
            raise Conflict.of(messages.NOT_EMPTY, count=count)
    return asked


IMPORT_OPERATION = OperationDef(
    code="import",
    canonical="https://w3id.org/vn-ehb/OperationDefinition/import",
    types=(),
    shapes=(Shape.SYSTEM_OPERATION,),
    changes_state=True,
    handle=handle,
    params=_PARAMS,
    content=Content.ANY,
    in_bundle=False,
)
