"""conditional delete, of one resource or, where the setting allows it, of several.

https://hl7.org/fhir/R4/http.html#3.1.0.7.1
"""

from __future__ import annotations

from conformance.errors import TooCostly
from conformance.issues import Issue
from fhir_server.exchange.conditions import criteria_of, find, named
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import NOTHING_TO_DELETE, TOO_MANY_MATCHES
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.writing import Change, Identity, Steps, perform
from fhir_server.interactions import delete
from fhir_server.store.protocol import Key, RefusalReason

#: More resources are not deleted at once.
MOST = 1000


async def identify(service: Service, context: Context, request: Request) -> Identity:
    """What the condition matches. Raises PreconditionFailed for several where one is the limit, TooCostly."""
    name, criteria = request.target.type, criteria_of(request)
    if service.delete_multiple and not request.if_match:
        return await _several(service, context, name, criteria)
    found = await find(service, context, name, criteria)
    if found.key is None:
        return Identity(Key(name, ""), exists=True, criteria=found.criteria)
    return Identity(found.key, found.guard, criteria=found.criteria)


async def _several(service: Service, context: Context, name: str, criteria: tuple[tuple[str, str], ...]) -> Identity:
    text = named(name, criteria)
    versions = await service.repository.matches(name, criteria, limit=MOST + 1, visible=context.visible)
    if len(versions) > MOST:
        raise TooCostly.of(TOO_MANY_MATCHES, criteria=text, type=name, limit=MOST)
    if not versions:
        return Identity(Key(name, ""), exists=True, criteria=text)
    first, *others = versions
    # Only as they were found: what has changed since may match no more.
    again = frozenset((RefusalReason.VERSION,))
    return Identity(first.key, criteria=text, expect=first.version_id, again=again, others=tuple(others))


def change(service: Service, context: Context, request: Request, identity: Identity) -> Change:
    """The deletions."""
    if identity.expect is None:
        return delete.change(service, context, request, identity)
    deletion = service.repository.deletion
    others = tuple(deletion(*version.key, version.version_id) for version in identity.others)
    return Change(deletion(*identity.key, identity.expect), others=others)


async def found(_service: Service, context: Context, request: Request, identity: Identity) -> Response:
    """The answer when nothing matches: 204, as for any delete of what is not there."""
    return delete.told(Response(204), context, request, [Issue(NOTHING_TO_DELETE, params={"key": identity.criteria})])


STEPS = Steps(identify, change, delete.answer, found)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """204, also when nothing matches. Raises PreconditionFailed when several match and only one may."""
    return await perform(STEPS, service, context, request)
