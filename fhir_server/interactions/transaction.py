"""transaction: everything or nothing. https://hl7.org/fhir/R4/http.html#transaction

A GET is answered after the commit. One that is bound to fail is found before: then nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from conformance.errors import BadRequest, Conflict, FhirError, Gone
from fhir_server.exchange.bundles import bundle
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import refusal
from fhir_server.exchange.messages import SAME_FULL_URL, SAME_IDENTITY
from fhir_server.exchange.registry import Phase
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.writing import ATTEMPTS, Change, Identity, Steps, refused
from fhir_server.interactions.conditional_references import becoming, resolve_conditional
from fhir_server.interactions.entries import Entry, located, place, read_entry, response_entry
from fhir_server.interactions.references import Rewriter
from fhir_server.repository.messages import CHANGED_MEANWHILE, DELETED
from fhir_server.store.protocol import Guard, Key, Outcome, Refusal, RefusalReason, Unit, Written

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
        planned, guards = await _plan(service, context, entries)
        await _require_reads(service, context, entries, planned)
        outcome = await _commit(service, planned, guards)
        if not isinstance(outcome, Refusal):
            answers = await _answers(service, context, entries, planned, outcome)
            rows = [response_entry(context, answers[entry.index]) for entry in entries]
            return Response(200, bundle("transaction-response", context, rows))
        if outcome.reason is not RefusalReason.GUARD:
            plan = _refused(planned, outcome)
            if outcome.reason not in plan.identity.again:
                raise refused(outcome, place(plan.entry.index))
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


async def _plan(service: Service, context: Context, entries: list[Entry]) -> tuple[list[Planned], tuple[Guard, ...]]:
    """The writes, and the guards that keep true what their conditions and conditional references found."""
    writes = sorted((entry for entry in entries if entry.interaction.steps), key=lambda entry: entry.phase.value)
    identities = [await _identify(service, context, entry) for entry in writes]
    _require_distinct(writes, identities)
    pairs = list(zip(writes, identities, strict=True))
    resolved = await resolve_conditional(service, context, pairs)
    named = {entry.full_url: str(identity.key) for entry, identity in pairs}
    named.pop("", None)
    made = (entry for entry, identity in pairs if entry.phase is Phase.CREATE and not identity.exists)
    created = frozenset(entry.full_url for entry in made)
    rewriter = Rewriter({**named, **resolved.identities}, service.definitions, created)
    for entry, identity in pairs:
        if (resource := becoming(entry, identity)) is not None:
            rewriter.rewrite(resource, entry.full_url)
    guards = tuple(identity.guard for identity in identities if identity.guard)
    return _each(pairs, lambda pair: _planned(service, context, *pair)), guards + resolved.guards


async def _identify(service: Service, context: Context, entry: Entry) -> Identity:
    assert entry.interaction.steps is not None  # noqa: S101  (only writes are identified)
    try:
        return await entry.interaction.steps.identify(service, context, entry.request)
    except FhirError as error:
        raise located(error, entry.index) from error


def _require_distinct(entries: list[Entry], identities: list[Identity]) -> None:
    seen: dict[str, int] = {}
    for entry, identity in zip(entries, identities, strict=True):
        keys = (identity.key, *(version.key for version in identity.others))
        names = [*(str(key) for key in keys if key.id), *filter(None, [identity.criteria])]
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


async def _require_reads(service: Service, context: Context, entries: list[Entry], planned: list[Planned]) -> None:
    """Raise the failure of the first GET that nothing which is written here can help, located at its entry.

    Operations may ask for anything; they are answered afterwards alone.
    """
    becomes = {write.key: write for plan in planned if plan.change for write in plan.change.writes}
    for entry in entries:
        if entry.interaction.steps is None and entry.interaction.code != "operation":
            write = becomes.get(Key(entry.request.target.type, entry.request.target.id))
            if write is None:
                await _tried(service, context, entry)
            elif write.body is None and entry.interaction.code == "read":
                raise Gone.of(DELETED, place(entry.index), key=write.key)


async def _tried(service: Service, context: Context, entry: Entry) -> None:
    try:
        await entry.interaction.handle(service, context, entry.request)
    except FhirError as error:
        raise located(error, entry.index) from error


async def _commit(service: Service, planned: list[Planned], guards: tuple[Guard, ...]) -> Outcome:
    writes = tuple(write for plan in planned if plan.change for write in plan.change.writes)
    if not writes:
        return ()
    return (await service.repository.transact([Unit(writes, guards)]))[0]


def _refused(planned: list[Planned], outcome: Refusal) -> Planned:
    return [plan for plan in planned if plan.change for _ in plan.change.writes][outcome.index]


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
            first, *_ = [next(written) for _ in plan.change.writes]
            answers[plan.entry.index] = plan.steps.answer(context, request, plan.change, first)
    for entry in entries:
        if entry.index not in answers:
            answers[entry.index] = await answered(service, context, entry)
    return answers


async def answered(service: Service, context: Context, entry: Entry) -> Response:
    """The response to one entry on its own; a failure becomes its response."""
    try:
        response = await entry.interaction.handle(service, context, entry.request)
    except FhirError as error:
        return refusal(located(error, entry.index), context.language)
    if entry.request.method == "HEAD":
        response.body = b""
    return response
