"""$validate: what a full validation says of a resource. https://hl7.org/fhir/R4/resource-operation-validate.html

The answer is 200 whenever the question could be answered, whatever the verdict. Without a mode the resource is checked
by its type, the profiles that it claims and those given. ``create`` and ``update`` ask for what that write would meet:
the profiles of the server's policy, and references that it could not keep. ``delete`` and ``profile`` are about the
resource that the URL names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from conformance.errors import BadRequest, Gone, NotFound
from conformance.issues import Issue
from conformance.json_codec import decode
from fhir_server.exchange.content import require_type, unresolved
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.messages import (
    BAD_PARAMETER,
    ID_MISMATCH,
    MODE_NEEDS,
    NOTHING_TO_DELETE,
    UPDATE_WITHOUT_ID,
)
from fhir_server.exchange.registry import ANY_TYPE, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape, Target
from fhir_server.operations.parameters import carried_resource, given
from profiles.validation import merged, placed

PARAMS = frozenset(("mode", "profile"))
_RESOURCE = "resource"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. ``resource`` is None when none was sent; ``place`` is where it stands in the body."""

    mode: str
    profiles: tuple[str, ...]
    resource: dict[str, Any] | None
    place: str
    sent: Request
    target: Target

    def lacks(self, needed: str, needed_vi: str) -> BadRequest:
        """The failure of a question that its mode cannot be asked with."""
        issue = Issue(MODE_NEEDS, params={"mode": self.mode, "needed": needed, "needed_vi": needed_vi})
        return BadRequest(issue)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """200 with an OperationOutcome. Raises BadRequest, and NotFound or Gone when the URL names nothing to check."""
    question = _question(request)
    judge = _MODES.get(question.mode)
    if judge is None:
        expected = " | ".join(filter(None, _MODES))
        raise BadRequest.of(BAD_PARAMETER, parameter="mode", value=question.mode, expected=expected)
    issues = await judge(service, context, question)
    return Response(200, outcome_bytes(_located(issues, question), context.language))


def _question(request: Request) -> Question:
    target = request.target
    resource, place, pairs = _sent(request) if request.has_content else (None, "", ())
    if resource is not None and target.type:
        require_type(resource, target.type)
    every = (*request.pairs, *pairs)
    mode = next((value for name, value in reversed(every) if name == "mode"), "")
    profiles = tuple(value for name, value in every if name == "profile")
    return Question(mode, profiles, resource, place, request, target)


def _sent(request: Request) -> tuple[dict[str, Any] | None, str, tuple[tuple[str, str], ...]]:
    """The resource of a body, where it stands in it, and the parameters beside it."""
    content = request.content_as_sent()
    is_parameters = content.get("resourceType") == "Parameters"
    carried = carried_resource(content, _RESOURCE) if is_parameters else None
    if carried is None and (not is_parameters or _may_be_meant(request.target)):
        return content, "", ()
    resource, place = carried or (None, "")
    return resource, place, tuple(given(content, PARAMS, _RESOURCE))


def _may_be_meant(target: Target) -> bool:
    """Whether Parameters without a resource can themselves be what is to be checked."""
    return target.shape is Shape.SYSTEM_OPERATION or (target.type == "Parameters" and not target.id)


async def _general(service: Service, context: Context, question: Question) -> tuple[Issue, ...]:
    resource = question.resource
    if resource is None and question.target.id:
        resource = await _stored(service, context, question)
    if resource is None:
        raise question.lacks("a resource", "tài nguyên")
    return await asyncio.to_thread(service.checks.fully, resource, question.profiles)


async def _profile(service: Service, context: Context, question: Question) -> tuple[Issue, ...]:
    if question.resource is not None or not question.target.id or not question.profiles:
        raise question.lacks("the URL of a stored resource and a profile", "địa chỉ tài nguyên đã lưu và hồ sơ")
    return await asyncio.to_thread(service.checks.fully, await _stored(service, context, question), question.profiles)


async def _create(service: Service, _context: Context, question: Question) -> tuple[Issue, ...]:
    return await _as_write(service, question)


async def _update(service: Service, _context: Context, question: Question) -> tuple[Issue, ...]:
    return (*_identity(question), *await _as_write(service, question))


async def _delete(service: Service, context: Context, question: Question) -> tuple[Issue, ...]:
    if not question.target.id:
        raise question.lacks("the URL of a stored resource", "địa chỉ tài nguyên đã lưu")
    try:
        await _stored(service, context, question)
    except (NotFound, Gone):
        return (Issue(NOTHING_TO_DELETE, params={"key": f"{question.target.type}/{question.target.id}"}),)
    return ()


async def _as_write(service: Service, question: Question) -> tuple[Issue, ...]:
    resource = question.resource
    if resource is None:
        raise question.lacks("a resource", "tài nguyên")
    issues = await asyncio.to_thread(service.checks.as_write, resource, question.profiles)
    return (*issues, *unresolved(resource))


def _identity(question: Question) -> tuple[Issue, ...]:
    """What is wrong with the id of an update."""
    resource = question.resource or {}
    place, stated, wanted = f"{resource.get('resourceType')}.id", resource.get("id"), question.target.id
    if stated is None:
        return (Issue(UPDATE_WITHOUT_ID, place),)
    if wanted and stated != wanted:
        return (Issue(ID_MISMATCH, place, {"given": stated, "wanted": wanted}),)
    return ()


async def _stored(service: Service, context: Context, question: Question) -> dict[str, Any]:
    target = question.target
    version = await service.repository.read(target.type, target.id, visible=context.visible)
    return decode(version.body)


def _located(issues: tuple[Issue, ...], question: Question) -> list[Issue]:
    """The issues with line and column in the body, as far as they are about it and it is no part of a Bundle."""
    if question.resource is None or not question.sent.body:
        return list(issues)

    def in_body(places: Any) -> list[tuple[int, int]]:
        return question.sent.positions([_from(question.place, place) for place in places])

    return placed(merged(list(question.sent.findings), issues), in_body)


def _from(place: str, expression: str) -> str:
    """``Patient.name[0]`` as seen from the body: below ``place`` when the resource stands there."""
    _, dot, rest = expression.partition(".")
    return f"{place}{dot}{rest}" if place else expression


_Judge: TypeAlias = Callable[[Service, Context, Question], Awaitable[tuple[Issue, ...]]]

#: https://hl7.org/fhir/R4/valueset-resource-validation-mode.html, and no mode.
_MODES: dict[str, _Judge] = {
    "": _general,
    "create": _create,
    "update": _update,
    "delete": _delete,
    "profile": _profile,
}

VALIDATE = OperationDef(
    code="validate",
    canonical="http://hl7.org/fhir/OperationDefinition/Resource-validate",
    types=(ANY_TYPE,),
    shapes=(Shape.SYSTEM_OPERATION, Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION),
    changes_state=False,
    handle=handle,
    params=PARAMS,
)
