"""create, and conditional create. https://hl7.org/fhir/R4/http.html#create, https://hl7.org/fhir/R4/http.html#ccreate"""

from __future__ import annotations

from fhir_server.exchange.conditions import criteria_of_new, find
from fhir_server.exchange.content import content_of_type, require_resolved
from fhir_server.exchange.context import Context
from fhir_server.exchange.request import Request, Response, Return
from fhir_server.exchange.service import Service
from fhir_server.exchange.writing import Change, Identity, Steps, perform, stored
from fhir_server.store.protocol import Expect, Key


async def identify(service: Service, context: Context, request: Request) -> Identity:
    """A new id, or the one resource that If-None-Exist matches. Raises PreconditionFailed when there are several."""
    new = Key(request.target.type, context.new_id())
    if not request.if_none_exist:
        return Identity(new)
    found = await find(service, context, new.type, criteria_of_new(new.type, request.if_none_exist))
    if found.key is not None:
        return Identity(found.key, exists=True, criteria=found.criteria)
    return Identity(new, found.guard, criteria=found.criteria)


def change(service: Service, _context: Context, request: Request, identity: Identity) -> Change:
    """The write of a new resource; an id in the body is replaced."""
    resource = content_of_type(request)
    resource["id"] = identity.key.id
    require_resolved(resource, request.body)
    issues = service.checks.at_write(resource)
    return Change(service.repository.write(resource, Expect.ABSENT), issues)


async def found(service: Service, context: Context, request: Request, identity: Identity) -> Response:
    """The answer when the condition matches a resource: 200, nothing was made."""
    key = identity.key
    version = await service.repository.read(key.type, key.id, visible=context.visible)
    body = b"" if request.returns is Return.MINIMAL else version.body
    location = f"{key}/_history/{version.version_id}"
    return Response(200, body, version.version_id, version.last_updated, location)


STEPS = Steps(identify, change, stored, found)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """201 with the new resource, or 200 with the one that the condition matched."""
    return await perform(STEPS, service, context, request)
