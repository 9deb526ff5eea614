"""update, also as create. https://hl7.org/fhir/R4/http.html#update"""

from __future__ import annotations

from typing import Any

from conformance.errors import BadRequest, InvalidContent, NotAllowed, PreconditionFailed
from fhir_server.exchange.content import content_of_type, require_resolved, require_whole
from fhir_server.exchange.context import Context
from fhir_server.exchange.etag import matched_version, names_version
from fhir_server.exchange.messages import ID_MISMATCH, ID_MISSING, NO_CLIENT_IDS
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.writing import Change, Identity, Steps, never_found, perform, stored
from fhir_server.repository.messages import EXISTS, NOT_THERE
from fhir_server.store.protocol import Expect, Key, RefusalReason

#: In If-Match: there is one; in If-None-Match: there is none. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
ANY_VERSION = "*"


async def identify(service: Service, _context: Context, request: Request) -> Identity:
    """The resource that the URL names. Raises NotAllowed for a new one where clients may not choose its id."""
    key = Key(request.target.type, request.target.id)
    await require_unmatched(service, request, key)
    if request.if_match.strip() == ANY_VERSION:
        return await existing(service, key)
    if not service.update_create and await service.repository.store.read(key) is None:
        require_client_ids(service, request, key)
    return Identity(key)


async def require_unmatched(service: Service, request: Request, key: Key) -> None:
    """Raises PreconditionFailed when If-None-Match names the current version: one that is not current never will be."""
    if request.if_none_match.strip() not in ("", ANY_VERSION):
        current = await service.repository.store.read(key)
        if current and not current.is_deleted and names_version(request.if_none_match, current.version_id):
            raise PreconditionFailed.of(EXISTS, key=key, current=current.version_id)


async def existing(service: Service, key: Key) -> Identity:
    """A resource that must be there, in whatever version. Raises PreconditionFailed when it is not."""
    current = await service.repository.store.read(key)
    if current is None or current.is_deleted:
        raise PreconditionFailed.of(NOT_THERE, key=key)
    # Changed meanwhile it is identified anew, so that it may be gone by then.
    return Identity(key, expect=current.version_id, again=frozenset((RefusalReason.VERSION,)))


def require_client_ids(service: Service, request: Request, key: Key) -> None:
    """Refuse to make ``key`` where clients may not choose ids. Raises NotAllowed."""
    if not service.update_create:
        allowed = ", ".join(service.router.allowed(request.target))
        raise NotAllowed.of(NO_CLIENT_IDS, key=key, allowed=allowed)


def change(service: Service, _context: Context, request: Request, identity: Identity) -> Change:
    """The write of the new content, expecting what If-Match or ``If-None-Match: *`` says."""
    resource = content_of_type(request)
    _require_id(resource, identity.key.id)
    return change_to(service, request, identity, resource)


def change_to(service: Service, request: Request, identity: Identity, resource: dict[str, Any]) -> Change:
    """The write of this content. Raises Unprocessable when it is refused, BadRequest for a bad If-Match."""
    require_whole(resource)
    require_resolved(resource, request.body)
    issues = service.checks.at_write(resource)
    expect = expected(request) if identity.expect is None else identity.expect
    return Change(service.repository.write(resource, expect), issues)


def expected(request: Request) -> int:
    """What the request asks of the current version. Raises BadRequest for a bad If-Match."""
    if request.if_match and request.if_match.strip() != ANY_VERSION:
        return matched_version("If-Match", request.if_match)
    return Expect.ABSENT if request.if_none_match.strip() == "*" else Expect.ANY


def expected_of_new(request: Request) -> int:
    """The same for a resource that must not exist yet."""
    asked = expected(request)
    return Expect.ABSENT if asked == Expect.ANY else asked


def _require_id(resource: dict[str, Any], id: str) -> None:
    given = resource.get("id")
    if given is None:
        raise InvalidContent.of(ID_MISSING, f"{resource['resourceType']}.id", id=id)
    if given != id:
        raise BadRequest.of(ID_MISMATCH, f"{resource['resourceType']}.id", given=given, wanted=id)


STEPS = Steps(identify, change, stored, never_found)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """200, or 201 when the resource did not exist. Raises PreconditionFailed when another version is current."""
    return await perform(STEPS, service, context, request)
