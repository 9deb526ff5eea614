"""delete. https://hl7.org/fhir/R4/http.html#delete"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.issues import Issue
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.messages import DELETED
from fhir_server.exchange.request import Request, Response, Return
from fhir_server.exchange.service import Service
from fhir_server.exchange.writing import Change, Identity, Steps, never_found, perform
from fhir_server.interactions.update import ANY_VERSION, existing, expected
from fhir_server.store.protocol import Key, Written


async def identify(service: Service, _context: Context, request: Request) -> Identity:
    """The resource that the URL names. Raises PreconditionFailed for one that must be there and is not."""
    key = Key(request.target.type, request.target.id)
    return await existing(service, key) if request.if_match.strip() == ANY_VERSION else Identity(key)


def change(service: Service, _context: Context, request: Request, identity: Identity) -> Change:
    """The deletion, expecting what If-Match says."""
    expect = expected(request) if identity.expect is None else identity.expect
    return Change(service.repository.deletion(*identity.key, expect))


def answer(context: Context, request: Request, change: Change, written: Written) -> Response:
    """204, also when there was nothing to delete; 200 with an OperationOutcome for clients that prefer one."""
    response = Response(204) if change.others else Response(204, b"", written.version_id, written.last_updated)
    return told(response, context, request, [Issue(DELETED, params={"key": str(row.key)}) for row in change.writes])


def told(response: Response, context: Context, request: Request, issues: Sequence[Issue]) -> Response:
    """The response, with these issues for a client that prefers an OperationOutcome."""
    if request.returns is Return.OUTCOME:
        response.status = 200
        response.body = outcome_bytes(issues, context.language)
    return response


STEPS = Steps(identify, change, answer, never_found)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """204. Raises PreconditionFailed when another version is current than If-Match names."""
    return await perform(STEPS, service, context, request)
