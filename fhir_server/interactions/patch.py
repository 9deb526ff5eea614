"""patch, and conditional patch: JSON Patch or FHIRPath Patch. https://hl7.org/fhir/R4/http.html#patch

A patch is made of one version and stored only while that is current; a write in between has it made anew, unless the
client itself named the version. The result is judged like the content of an update.
"""

from __future__ import annotations

from typing import Any

from conformance.errors import NotFound, PreconditionFailed
from conformance.json_codec import decode
from fhir_server.exchange.conditions import Found, criteria_of, find
from fhir_server.exchange.content import require_resolved
from fhir_server.exchange.context import Context
from fhir_server.exchange.etag import names_version
from fhir_server.exchange.messages import NO_MATCH
from fhir_server.exchange.patching import patched, require_same_identity, with_narrative
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.writing import Change, Identity, Steps, never_found, perform, stored
from fhir_server.interactions.update import expected
from fhir_server.repository.messages import VERSION_MISMATCH
from fhir_server.store.protocol import Expect, Key, RefusalReason, Version


async def identify(service: Service, context: Context, request: Request) -> Identity:
    """The resource that the URL names, patched. Raises NotFound, Gone, PreconditionFailed, and what is wrong."""
    return await _patched(service, context, request, Key(request.target.type, request.target.id))


async def identify_by_condition(service: Service, context: Context, request: Request) -> Identity:
    """The one resource that the condition matches, patched. Raises NotFound, PreconditionFailed, and what is wrong."""
    found = await find(service, context, request.target.type, criteria_of(request))
    if found.key is None:
        raise NotFound.of(NO_MATCH, criteria=found.criteria, type=request.target.type)
    return await _patched(service, context, request, found.key, found)


async def _patched(
    service: Service, context: Context, request: Request, key: Key, found: Found | None = None
) -> Identity:
    version = await service.repository.read(*key, visible=context.visible)
    _require_current(request, version)
    before = decode(version.body)
    after = patched(service, request, before)
    require_same_identity(before, after)
    content, findings = with_narrative(before, after)
    again = {RefusalReason.GUARD} if request.if_match else {RefusalReason.GUARD, RefusalReason.VERSION}
    return Identity(
        key,
        found.guard if found else None,
        criteria=found.criteria if found else "",
        expect=version.version_id,
        again=frozenset(again),
        content=content,
        findings=findings,
    )


def _require_current(request: Request, version: Version) -> None:
    asked = expected(request)
    if asked not in (Expect.ANY, Expect.ABSENT, version.version_id) or (
        request.if_none_match and names_version(request.if_none_match, version.version_id)
    ):
        raise PreconditionFailed.of(VERSION_MISMATCH, key=str(version.key), current=version.version_id)


def change(service: Service, _context: Context, _request: Request, identity: Identity) -> Change:
    """The write of the patched resource, expecting the version that was patched."""
    resource: dict[str, Any] = identity.content or {}
    require_resolved(resource, b"")
    issues = service.checks.at_write(resource)
    write = service.repository.write(resource, Expect.ANY if identity.expect is None else identity.expect)
    return Change(write, (*identity.findings, *issues))


STEPS = Steps(identify, change, stored, never_found)
CONDITIONAL_STEPS = Steps(identify_by_condition, change, stored, never_found)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """200 with the patched resource; a patch that changes nothing makes no version."""
    return await perform(STEPS, service, context, request)


async def handle_by_condition(service: Service, context: Context, request: Request) -> Response:
    """The same for the resource that a condition matches. Raises NotFound for none, PreconditionFailed for several."""
    return await perform(CONDITIONAL_STEPS, service, context, request)
