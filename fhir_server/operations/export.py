"""$export at system, Patient and Group level: the kick-off. https://hl7.org/fhir/uv/bulkdata/export.html

What it starts is a job; its status and files are served by ``fhir_server.rest.jobs``.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from conformance.errors import BadRequest, InvalidContent
from conformance.issues import Issue
from fhir_server.bulk.exporting import messages
from fhir_server.bulk.exporting.asked import PARAMETERS, Asked, ignored
from fhir_server.bulk.exporting.compartments import count_of_others, missing_patients
from fhir_server.bulk.exporting.order import EXPORT, Level, Order
from fhir_server.exchange.bundles import link
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import TYPE_MISMATCH
from fhir_server.exchange.registry import Answer, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.jobs.job import Said
from fhir_server.operations.kick_off import accepted, require_room
from fhir_server.operations.parameters import rows, text_of

_LEVELS = {"": Level.SYSTEM, "Patient": Level.PATIENT, "Group": Level.GROUP}
_GUIDE = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"


async def handle(service: Service, context: Context, request: Request) -> Response:
    """202 with the URL of the status. Raises BadRequest with every fault, NotFound or Gone for the Group, TooMany."""
    if not request.is_async:
        raise BadRequest.of(messages.NOT_ASYNC)
    await require_room(service)
    order = await _order(service, context, request)
    return await accepted(service, context, EXPORT, order, messages.ACCEPTED)


async def _order(service: Service, context: Context, request: Request) -> Order:
    target = request.target
    level = _LEVELS[target.type]
    if level is Level.GROUP and not target.id:
        raise BadRequest.of(messages.NO_GROUP)
    others = await _other_members(service, context, target.id) if level is Level.GROUP else 0
    path = "/".join(filter(None, (target.type, target.id, "$export")))
    asked = Asked(
        service.definitions,
        service.registry,
        service.zone,
        level,
        context.base_url,
        context.now,
        is_post=request.method == "POST",
        strict=context.strict,
        language=context.language,
    )
    pairs = (*request.pairs, *_given(request))
    order = asked.order(pairs, url=link(context.base_url, path, request.pairs), group=target.id)
    if others:
        told = Said.of(Issue(messages.NO_PATIENTS, params={"group": target.id, "count": others}))
        order = msgspec.structs.replace(order, ignored=(*order.ignored, told))
    return await _with_patients(service, order, strict=context.strict)


async def _other_members(service: Service, context: Context, id: str) -> int:
    """How many members of a Group are no Patients here. Raises NotFound or Gone for the Group."""
    group = await service.repository.read("Group", id, visible=context.visible)
    return await asyncio.to_thread(count_of_others, group, context.base_url)


async def _with_patients(service: Service, order: Order, *, strict: bool) -> Order:
    """The order, whose Patients are there; for a lenient client those that are there, and the others are told."""
    if not order.patients:
        return order
    store = service.repository.store
    missing = await missing_patients(store, order, await store.position())
    issues = [Issue(messages.MISSING_PATIENT, params={"patient": f"Patient/{one}"}) for one in missing]
    if missing and (strict or len(missing) == len(order.patients)):
        raise BadRequest(*issues)
    here = tuple(one for one in order.patients if one not in missing)
    return msgspec.structs.replace(order, patients=here, ignored=(*order.ignored, *map(ignored, issues)))


def _given(request: Request) -> list[tuple[str, str]]:
    """Name and value of the parameters in a body. Raises InvalidContent when it is no Parameters."""
    if request.method != "POST" or not request.body.strip():
        return []
    content = request.content()
    if content.get("resourceType") != "Parameters":
        raise InvalidContent.of(TYPE_MISMATCH, given=content.get("resourceType"), wanted="Parameters")
    return [_pair(index, row) for index, row in enumerate(rows(content))]


def _pair(index: int, row: dict[str, Any]) -> tuple[str, str]:
    """Name and value of a parameter; of one that is unknown the name is enough."""
    name = row["name"]
    return name, text_of(index, row, reference=name == "patient") if name in PARAMETERS else ""


def _operation(name: str, types: tuple[str, ...], *shapes: Shape) -> OperationDef:
    return OperationDef(
        code="export",
        canonical=f"{_GUIDE}/{name}",
        types=types,
        shapes=shapes,
        changes_state=False,
        handle=handle,
        answer=Answer.OWN,
        in_bundle=False,
        starts_job=True,
    )


SYSTEM_EXPORT = _operation("export", (), Shape.SYSTEM_OPERATION)
PATIENT_EXPORT = _operation("patient-export", ("Patient",), Shape.TYPE_OPERATION)
GROUP_EXPORT = _operation("group-export", ("Group",), Shape.INSTANCE_OPERATION, Shape.TYPE_OPERATION)
EXPORTS = (SYSTEM_EXPORT, PATIENT_EXPORT, GROUP_EXPORT)
