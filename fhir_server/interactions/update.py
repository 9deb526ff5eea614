"""update, also as create. https://hl7.org/fhir/R4/http.html#update"""

from __future__ import annotations

from typing import Any

from conformance.errors import BadRequest, InvalidContent
from fhir_server.exchange.content import content_of_type, require_resolved
from fhir_server.exchange.context import Context
from fhir_server.exchange.etag import matched_version
from fhir_server.exchange.messages import ID_MISMATCH, ID_MISSING
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.writing import Change, Identity, Steps, never_found, perform, stored
from fhir_server.store.protocol import Expect, Key


async def identify(_service: Service, _context: Context, request: Request) -> Identity:
    """The resource that the URL names."""
    return Identity(Key(request.target.type, request.target.id))


def change(service: Service, _context: Context, request: Request, identity: Identity) -> Change:
    """The write of the new content, expecting what If-Match or ``If-None-Match: *`` says."""
    resource = content_of_type(request)
    _require_id(resource, identity.key.id)
    require_resolved(resource, request.body)
    issues = service.checks.at_write(resource)
    return Change(service.repository.write(resource, expected(request)), issues)


def expected(request: Request) -> int:
    """What the request asks of the current version. Raises BadRequest for a bad If-Match."""
    if request.if_match and request.if_match.strip() != "*":
        return matched_version("If-Match", request.if_match)
    return Expect.ABSENT if request.if_none_match.strip() == "*" else Expect.ANY


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
