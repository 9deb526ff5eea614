"""conditional update. https://hl7.org/fhir/R4/http.html#cond-update

| matches | id in the body | what happens |
|---|---|---|
| none | none | create, the server chooses the id |
| none | free | update as create under that id, 405 where that is switched off |
| none | taken | 409 |
| one | none, or that of the match | update of the match |
| one | another | 400 |
| several | any | 412 |
"""

from __future__ import annotations

from conformance.errors import BadRequest, Conflict
from fhir_server.exchange.conditions import Found, criteria_of, find
from fhir_server.exchange.content import content_of_type
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_ID, OTHER_ID
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import is_id
from fhir_server.exchange.writing import Change, Identity, Steps, never_found, perform, stored
from fhir_server.interactions import update
from fhir_server.repository.messages import EXISTS
from fhir_server.store.protocol import Key, RefusalReason

_AGAIN = frozenset((RefusalReason.GUARD, RefusalReason.EXISTS))


async def identify(service: Service, context: Context, request: Request) -> Identity:
    """The match, or the id of a resource to be made. Raises PreconditionFailed, Conflict, BadRequest, NotAllowed."""
    given = content_of_type(request).get("id")
    found = await find(service, context, request.target.type, criteria_of(request))
    if found.key is None:
        return await _new(service, context, request, found, given)
    if given not in (None, found.key.id):
        raise BadRequest.of(OTHER_ID, f"{found.key.type}.id", found=found.key, given=given)
    await update.require_unmatched(service, request, found.key)
    return Identity(found.key, found.guard, criteria=found.criteria)


async def _new(service: Service, context: Context, request: Request, found: Found, given: object) -> Identity:
    if given is None:
        key = Key(request.target.type, context.new_id())
        return Identity(key, found.guard, criteria=found.criteria, expect=update.expected_of_new(request))
    if not (isinstance(given, str) and is_id(given)):
        raise BadRequest.of(BAD_ID, f"{request.target.type}.id", id=given)
    key = Key(request.target.type, given)
    current = await service.repository.store.read(key)
    if current is None:
        update.require_client_ids(service, request, key)
    elif not current.is_deleted:
        raise Conflict.of(EXISTS, f"{key.type}.id", key=key, current=current.version_id)
    return Identity(key, found.guard, criteria=found.criteria, expect=update.expected_of_new(request), again=_AGAIN)


def change(service: Service, _context: Context, request: Request, identity: Identity) -> Change:
    """The write of the new content under the id that was found or chosen."""
    # A copy: the body of the request still says whether the client gave an id, when it is identified anew.
    resource = {**content_of_type(request), "id": identity.key.id}
    return update.change_to(service, request, identity, resource)


STEPS = Steps(identify, change, stored, never_found)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """200, or 201 when nothing matched. Raises PreconditionFailed when several match."""
    return await perform(STEPS, service, context, request)
