"""transaction: everything or nothing. https://hl7.org/fhir/R4/http.html#transaction

A GET is answered after the commit, so its failure stands in its own entry and undoes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from conformance.errors import BadRequest, Conflict, FhirError
from fhir_server.exchange.bundles import bundle
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import refusal
from fhir_server.exchange.messages import SAME_FULL_URL, SAME_IDENTITY
from fhir_server.exchange.registry import Phase
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.writing import ATTEMPTS, Change, Identity, Steps, refused
from fhir_server.interactions.entries import Entry, located, place, read_entry, response_entry
from fhir_server.interactions.references import Rewriter
from fhir_server.repository.messages import CHANGED_MEANWHILE
from fhir_server.store.protocol import Outcome, Refusal, RefusalReason, Unit, Written

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Planned:
    """One write of a transaction; no change when its condition matched."""

    entry: Entry
    steps: Steps
    identity: Identity
    change: Change | None


async def handle(service: Service, context: Context, request: Request, content: dict[str, Any]) -> Response:
    """A transaction-response. Raises the failure of the entries that stand in the way, located at them."""
    for _ in range(ATTEMPTS):
        entries = _read(service, context, request, content)
        planned = await _plan(service, context, entries)
        outcome = await _commit(service, planned)
        if not isinstance(outcome, Refusal):
            answers = await _answers(service, context, entries, planned, outcome)
            rows = [response_entry(context, answers[entry.index]) for entry in entries]
            return Response(200, bundle("transaction-response", context, rows))
        if outcome.reason is not RefusalReason.GUARD:
            raise refused(outcome, place(_refused_entry(planned, outcome).index))
        content = _again(request)
    raise Conflict.of(CHANGED_MEANWHILE)


def _again(request: Request) -> dict[str, Any]:
    # The last attempt rewrote references inside the decoded resources.
    request.resource = None
    return request.content()


def _read(service: Service, context: Context, request: Request, content: dict[str, Any]) -> list[Entry]:
    entries = _each(
        list(enumerate(content.get("entry", ()))),
        lambda item: read_entry(service, context, item[0], item[1], request.returns),
    )
    seen: dict[str, int] = {}
    for entry in entries:
        if entry.full_url and entry.full_url in seen and entry.phase in (Phase.CREATE, Phase.UPDATE):
            raise BadRequest.of(SAME_FULL_URL, place(entry.index), url=entry.full_url, first=seen[entry.full_url])
        seen[entry.full_url] = entry.index
    return entries


def _each(items: list[Any], make: Callable[[Any], T]) -> list[T]:
    """``make`` of each item; every failure is told, the first names the category."""
    made: list[T] = []
    failures: list[FhirError] = []
    for item in items:
        try:
            made.append(make(item))
        except FhirError as error:
            failures.append(error)
    if failures:
        raise type(failures[0])(*(issue for error in failures for issue in error.issues))
    return made


async def _plan(service: Service, context: Context, entries: list[Entry]) -> list[Planned]:
    writes = sorted((entry for entry in entries if entry.interaction.steps), key=lambda entry: entry.phase.value)
    identities = [await _identify(service, context, entry) for entry in writes]
    _require_distinct(writes, identities)
    named = {entry.full_url: str(identity.key) for entry, identity in zip(writes, identities, strict=True)}
    named.pop("", None)
    rewriter = Rewriter(named, service.definitions)
    for entry in writes:
        if entry.request.resource is not None:
            rewriter.rewrite(entry.request.resource, entry.full_url)
    pairs = list(zip(writes, identities, strict=True))
    return _each(pairs, lambda pair: _planned(service, context, *pair))


async def _identify(service: Service, context: Context, entry: Entry) -> Identity:
    assert entry.interaction.steps is not None  # noqa: S101  (only writes are identified)
    try:
        return await entry.interaction.steps.identify(service, context, entry.request)
    except FhirError as error:
        raise located(error, entry.index) from error


def _require_distinct(entries: list[Entry], identities: list[Identity]) -> None:
    seen: dict[str, int] = {}
    for entry, identity in zip(entries, identities, strict=True):
        names = [str(identity.key)]
        if entry.request.if_none_exist:
            names.append(f"{entry.request.target.type}?{entry.request.if_none_exist.rpartition('?')[2]}")
        for name in names:
            if name in seen:
                raise BadRequest.of(SAME_IDENTITY, place(entry.index), key=name, first=seen[name])
            seen[name] = entry.index


def _planned(service: Service, context: Context, entry: Entry, identity: Identity) -> Planned:
    steps = entry.interaction.steps
    assert steps is not None  # noqa: S101  (only writes are planned)
    if identity.exists:
        return Planned(entry, steps, identity, None)
    try:
        return Planned(entry, steps, identity, steps.change(service, context, entry.request, identity))
    except FhirError as error:
        raise located(error, entry.index) from error


async def _commit(service: Service, planned: list[Planned]) -> Outcome:
    writes = tuple(plan.change.write for plan in planned if plan.change)
    guards = tuple(plan.identity.guard for plan in planned if plan.identity.guard)
    if not writes:
        return ()
    return (await service.repository.transact([Unit(writes, guards)]))[0]


def _refused_entry(planned: list[Planned], outcome: Refusal) -> Entry:
    return [plan.entry for plan in planned if plan.change][outcome.index]


async def _answers(
    service: Service, context: Context, entries: list[Entry], planned: list[Planned], outcome: tuple[Written, ...]
) -> dict[int, Response]:
    answers: dict[int, Response] = {}
    written = iter(outcome)
    for plan in planned:
        request = plan.entry.request
        if plan.change is None:
            answers[plan.entry.index] = await plan.steps.found(service, context, request, plan.identity)
        else:
            answers[plan.entry.index] = plan.steps.answer(context, request, plan.change, next(written))
    for entry in entries:
        if entry.index not in answers:
            answers[entry.index] = await answered(service, context, entry)
    return answers


async def answered(service: Service, context: Context, entry: Entry) -> Response:
    """The response to one entry on its own; a failure becomes its response."""
    try:
        return await entry.interaction.handle(service, context, entry.request)
    except FhirError as error:
        return refusal(located(error, entry.index), context.language)
