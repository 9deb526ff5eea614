"""A write in three steps, so that HTTP and the entries of a transaction share each interaction.

``identify`` finds the key (and, for a conditional write, the guard that keeps the finding true), ``change`` makes the
write, ``answer`` tells what came of it. Between the first and the second, a transaction rewrites references.
https://hl7.org/fhir/R4/http.html#trules
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from conformance.errors import Conflict, FhirError, PreconditionFailed
from conformance.issues import Issue
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.messages import DONE
from fhir_server.exchange.request import Request, Response, Return
from fhir_server.exchange.service import Service
from fhir_server.exchange.validation import counted
from fhir_server.repository.messages import CHANGED_MEANWHILE, EXISTS, VERSION_MISMATCH
from fhir_server.store.protocol import Guard, Key, Op, Refusal, RefusalReason, Unit, Version, Write, Written

_LOG = logging.getLogger("fhir_server.validation")

#: How often a conditional write that lost its race is judged anew before the client is told.
ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Identity:
    """The resource that a write is about. ``exists``: there is nothing to write, by the condition of the request."""

    key: Key
    guard: Guard | None = None
    exists: bool = False
    criteria: str = ""
    """The condition that found it, as text; "" without one."""
    expect: int | None = None
    """What must be current at the commit; None when the headers of the request say it."""
    again: frozenset[RefusalReason] = frozenset((RefusalReason.GUARD,))
    """Refusals after which the resource is identified anew, as the request itself asks for nothing that failed."""
    content: dict[str, Any] | None = None
    """What the resource becomes, where that is not the body of the request: a patch has been applied."""
    findings: tuple[Issue, ...] = ()
    """What is to be told of that content."""
    others: tuple[Version, ...] = ()
    """More resources that the same request is about: a conditional delete of several."""


@dataclass(frozen=True, slots=True)
class Change:
    """Writes ready for the store (mostly one), and what validation said of them."""

    write: Write
    issues: tuple[Issue, ...] = ()
    others: tuple[Write, ...] = ()

    @property
    def writes(self) -> tuple[Write, ...]:
        """All of them."""
        return (self.write, *self.others)


@dataclass(frozen=True, slots=True)
class Steps:
    """The three steps of one writing interaction. ``found`` answers when the condition matched."""

    identify: Callable[[Service, Context, Request], Awaitable[Identity]]
    change: Callable[[Service, Context, Request, Identity], Change]
    answer: Callable[[Context, Request, Change, Written], Response]
    found: Callable[[Service, Context, Request, Identity], Awaitable[Response]]


async def perform(steps: Steps, service: Service, context: Context, request: Request) -> Response:
    """The response to one write on its own.

    A condition that no longer holds at the commit is judged anew. Raises PreconditionFailed, Conflict, Unprocessable.
    """
    for _ in range(ATTEMPTS):
        identity = await steps.identify(service, context, request)
        if identity.exists:
            return await steps.found(service, context, request, identity)
        change = steps.change(service, context, request, identity)
        guards = (identity.guard,) if identity.guard else ()
        (outcome,) = await service.repository.transact([Unit(change.writes, guards)])
        if not isinstance(outcome, Refusal):
            return steps.answer(context, request, change, outcome[0])
        if outcome.reason not in identity.again:
            raise refused(outcome)
    raise Conflict.of(CHANGED_MEANWHILE)


def refused(refusal: Refusal, expression: str = "") -> FhirError:
    """The failure that a refused unit means to its client: a condition of its request does not hold."""
    message = VERSION_MISMATCH if refusal.reason is RefusalReason.VERSION else EXISTS
    return PreconditionFailed.of(message, expression, key=str(refusal.key), current=refusal.current)


def stored(context: Context, request: Request, change: Change, written: Written) -> Response:
    """The answer to a create or update: 201 when it made the resource, else 200; the body by ``Prefer: return``."""
    if change.issues:
        _LOG.info("%s/_history/%d is stored with %s", written.key, written.version_id, counted(change.issues))
    return Response(
        201 if written.op is Op.CREATE and written.changed else 200,
        _body(context, request, change, written),
        written.version_id,
        written.last_updated,
        f"{written.key}/_history/{written.version_id}",
        issues=change.issues,
    )


def _body(context: Context, request: Request, change: Change, written: Written) -> bytes:
    if request.returns is Return.MINIMAL:
        return b""
    if request.returns is Return.OUTCOME:
        done = Issue(DONE, params={"key": str(written.key), "version": written.version_id})
        return outcome_bytes((done, *change.issues), context.language)
    if change.write.body is None:
        return b""
    return change.write.body.stamped(written.version_id, written.last_updated)


async def never_found(_service: Service, _context: Context, _request: Request, identity: Identity) -> Response:
    """The ``found`` step of interactions without a condition, which never get there."""
    raise AssertionError(identity)
