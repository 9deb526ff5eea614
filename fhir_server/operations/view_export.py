"""$viewdefinition-export, $export of ViewDefinition: the kick-off of an export of the rows of views.

https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionExport.html

What it starts is a job; its status, manifest and files are served by ``fhir_server.rest.jobs``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.errors import BadRequest, FhirError, TooCostly
from conformance.issues import Issue, Words
from conformance.json_codec import encode
from conformance.views import View
from fhir_server.bulk.tables.registry import TABLES
from fhir_server.bulk.views import messages
from fhir_server.bulk.views.manifest import accepted
from fhir_server.bulk.views.order import VIEW_EXPORT, Named, Order
from fhir_server.exchange.context import Context
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.operations.kick_off import queued, require_room
from fhir_server.operations.view_asked import BYTES, OF_EXPORT, Inputs, Parts, compiled, stored_view
from fhir_server.operations.view_chosen import choice_of
from fhir_server.operations.view_format import DEFAULT, format_named
from fhir_server.operations.view_messages import BAD_INPUT, TOO_MUCH
from fhir_server.operations.view_names import view_operations

#: Views of one export.
MOST = 100
#: Characters of a name.
LONGEST = 255
_DOCUMENTATION = (
    f"Parameters: view (name, viewReference, viewResource), {', '.join(name for name in OF_EXPORT if name != 'view')}; "
    f"formats: {', '.join(TABLES)}. A viewReference is ViewDefinition/[id] or Binary/[id] of this server, relative or "
    "absolute; a stored ViewDefinition is a Binary. source is not supported."
)
_PARTS = frozenset(("name", "viewReference", "viewResource"))


async def handle(service: Service, context: Context, request: Request) -> Response:
    """202 with the URL of the status, in the header and in a Parameters resource.

    Raises with every fault of every view: Unprocessable when these are faulty definitions, NotFound when these are
    missing ones, BadRequest for others and for several kinds; TooCostly, TooMany, NotSupported.
    """
    if not request.is_async:
        raise BadRequest.of(messages.NOT_ASYNC)
    await require_room(service)
    order = await _order(service, context, request)
    job = context.new_id()
    url = await queued(service, context, VIEW_EXPORT, order, id=job)
    body = encode(accepted(job, url, order.tracking))
    return Response(202, body, headers=(("content-location", url),))


async def _order(service: Service, context: Context, request: Request) -> Order:
    inputs = Inputs.of(request, OF_EXPORT, strict=context.strict)
    table = format_named(str(inputs.one("_format") or DEFAULT))
    header, since = inputs.truth("header", True), inputs.since(service)
    views = await _Reading(service, context).views(_asked(inputs, request.target.id))
    position = await service.repository.store.position()
    choice = await choice_of(service, context, inputs, {view.resource for _, view in views}, position)
    return Order(
        views=tuple(named for named, _ in views),
        choice=choice,
        since=since,
        format=table.name,
        header=header,
        tracking=_tracking(inputs),
        now=context.now,
    )


def _asked(inputs: Inputs, id: str) -> Sequence[Parts]:
    """The views as they were sent: those of the body, or the one of the URL."""
    sent = inputs.values.get("view", [])
    if bool(sent) == bool(id):
        raise BadRequest.of(messages.NO_VIEWS)
    if id:
        return [Parts("", {"part": [{"name": "viewReference", "valueString": id}]})]
    wrong = [one for one in sent if not isinstance(one, Parts)]
    if wrong:
        raise BadRequest.of(messages.BAD_PART, found=wrong[0])
    if len(sent) > MOST:
        raise TooCostly.of(TOO_MUCH, most=MOST, size=BYTES)
    _require_small(sum(len(encode(one.row)) for one in sent))
    return sent


def _require_small(size: int) -> None:
    if size > BYTES:
        raise TooCostly.of(TOO_MUCH, most=MOST, size=BYTES)


def _tracking(inputs: Inputs) -> str:
    text = str(inputs.one("clientTrackingId") or "")
    if len(text) > LONGEST or not text.isprintable():
        expected = Words(f"at most {LONGEST} characters that can be shown", f"nhiều nhất {LONGEST} ký tự hiển thị được")
        raise BadRequest.of(BAD_INPUT, parameter="clientTrackingId", value=text, expected=expected)
    return text


def _shown(name: str, place: str) -> str:
    if not 0 < len(name) <= LONGEST or not name.isprintable():
        raise BadRequest.of(messages.BAD_NAME, place, name=name, most=LONGEST)
    return name


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads the views of one request, each to its end, so that every fault is told."""

    service: Service
    context: Context

    async def views(self, asked: Sequence[Parts]) -> list[tuple[Named, View]]:
        """The views with their names."""
        found, errors = [], []
        for number, parts in enumerate(asked, 1):
            try:
                found.append(await self._view(parts, number))
            except FhirError as error:
                errors.append(error)
            _require_small(sum(len(named.definition) for named, _ in found))
        if not errors:
            errors += _alike([named for named, _ in found], asked)
        if errors:
            issues = [issue for error in errors for issue in error.issues]
            kinds = {type(error) for error in errors}
            raise (kinds.pop() if len(kinds) == 1 else BadRequest)(*issues)
        return found

    async def _view(self, parts: Parts, number: int) -> tuple[Named, View]:
        values = dict(_values(parts))
        asked_name = values.get("name")
        name = _shown(str(asked_name), parts.place) if asked_name is not None else ""
        is_sent = "viewResource" in values
        content = values["viewResource"] if is_sent else await self._stored(values["viewReference"], name, parts)
        try:
            view = await compiled(self.service, self.context, content)
        except FhirError as error:
            told = name or _own_name(content) or f"view-{number}"
            place = f"{parts.place}.part[{_index(parts)}].resource" if is_sent else parts.place
            raise type(error)(
                Issue(messages.BAD_VIEW, parts.place, {"name": told}),
                *(Issue(one.message, _below(place, one.expression), one.params) for one in error.issues),
            ) from error
        called = _shown(name or view.name or f"view-{number}", parts.place)
        return Named(called, encode(content).decode()), view

    async def _stored(self, reference: Any, name: str, parts: Parts) -> dict[str, Any]:
        try:
            return await stored_view(self.service, self.context, str(reference))
        except FhirError as error:
            issues = [Issue(one.message, one.expression or parts.place, one.params) for one in error.issues]
            raise type(error)(Issue(messages.BAD_VIEW, parts.place, {"name": name or reference}), *issues) from error


def _values(parts: Parts) -> Iterator[tuple[str, Any]]:
    """The parts of a view by name: texts, and the ViewDefinition. Raises BadRequest for any other form."""
    rows = parts.row.get("part")
    found: dict[str, Any] = {}
    for row in rows if isinstance(rows, list) else [rows]:
        given = row if isinstance(row, dict) else {}
        name = str(given.get("name"))
        value = _value(given) if name in _PARTS else None
        if value is None or name in found or (name == "viewResource") != isinstance(value, dict):
            raise BadRequest.of(messages.BAD_PART, parts.place, found=name)
        found[name] = value
    if ("viewResource" in found) == ("viewReference" in found):
        raise BadRequest.of(messages.BAD_PART, parts.place, found=", ".join(map(str, found)))
    yield from found.items()


def _value(row: dict[str, Any]) -> Any:
    values = [value for key, value in row.items() if key == "resource" or key.startswith("value")]
    value = values[0] if len(values) == 1 else None
    if isinstance(value, dict) and "resource" not in row:
        value = value.get("reference")
    return value if isinstance(value, str | dict) else None


def _index(parts: Parts) -> int:
    return next(index for index, row in enumerate(parts.row["part"]) if row["name"] == "viewResource")


def _own_name(content: Any) -> str:
    name = content.get("name") if isinstance(content, dict) else None
    return name if isinstance(name, str) else ""


def _below(place: str, expression: str) -> str:
    """A place inside a ViewDefinition as one of the request."""
    return place + expression.removeprefix("ViewDefinition") if place else expression


def _alike(views: Sequence[Named], asked: Sequence[Parts]) -> list[FhirError]:
    """What is wrong with names that come again."""
    seen: set[str] = set()
    again = []
    for named, parts in zip(views, asked, strict=True):
        if named.name in seen:
            again.append(BadRequest.of(messages.SAME_OUTPUT, parts.place, name=named.name))
        seen.add(named.name)
    return list(again)


VIEW_EXPORTS = view_operations("export", handle, _DOCUMENTATION, starts_job=True)
