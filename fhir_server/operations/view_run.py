"""$run, $viewdefinition-run: the rows of a view, sent while they are made.

https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionRun.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from conformance.errors import BadRequest, NotFound
from conformance.json_codec import decode
from conformance.views import View
from fhir_server.bulk.exporting.compartments import compartment, missing_patients, narrowed_to, patients_of
from fhir_server.bulk.exporting.formats import Encoder
from fhir_server.bulk.exporting.order import Level, Order
from fhir_server.bulk.tables.registry import Table
from fhir_server.exchange.context import Context
from fhir_server.exchange.registry import Answer, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import OPERATION_TYPES, Shape
from fhir_server.operations import view_messages as messages
from fhir_server.operations.view_asked import Inputs, view_of
from fhir_server.store.protocol import Version, instant
from fhir_server.store.query import ALL, And, Or, Predicate

#: Resources that are read at a time.
_CHUNK = 200
#: Rows that are written at a time, and the bytes and rows after which a part is sent: one resource may give very many.
_STEP, _PART, _ROWS = 50, 1 << 20, 5_000


async def handle(service: Service, context: Context, request: Request) -> Response:
    """200 with the table. Raises BadRequest, NotFound, Unprocessable for the view, NotAcceptable, NotSupported.

    What fails on later resources breaks the connection: a table that ends in order is whole.
    """
    inputs = Inputs.of(request, strict=context.strict)
    table = inputs.table(request.accept)
    view = await view_of(service, context, inputs, request.target.id)
    run = Run(view, table, inputs.limit(), instant(context.now).decode(), header=inputs.truth("header", True))
    sent = inputs.resources()
    chunks = _given(sent) if sent is not None else await _stored(service, context, inputs, view)
    stream = run.parts(chunks)
    return Response(200, await anext(stream, b""), media_type=table.media_types[0], stream=stream)


async def _given(resources: Sequence[dict[str, Any]]) -> AsyncIterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(resources), _CHUNK):
        yield resources[start : start + _CHUNK]


async def _stored(service: Service, context: Context, inputs: Inputs, view: View) -> AsyncIterator[Sequence[Version]]:
    """Resources of the view's type at one position, as the filters leave them."""
    store = service.repository.store
    position = await store.position()
    since = inputs.since(service)
    where = await _where(service, context, inputs, view.resource, position)
    first = None if since is None else since + 1
    return _cut(store.scan((view.resource,), position, where=where, since=first))


async def _cut(chunks: AsyncIterator[Sequence[Version]]) -> AsyncIterator[Sequence[Version]]:
    async for chunk in chunks:
        for start in range(0, len(chunk), _CHUNK):
            yield chunk[start : start + _CHUNK]


async def _where(service: Service, context: Context, inputs: Inputs, type: str, position: int) -> Predicate:
    """What the context may see of the compartments of the patients and groups that were named."""
    patients = inputs.ids("patient", "Patient", context.base_url)
    groups = inputs.ids("group", "Group", context.base_url)
    if not patients and not groups:
        return context.visible
    store = service.repository.store
    listed = Order(level=Level.PATIENT, base_url=context.base_url, patients=tuple(patients))
    for missing in await missing_patients(store, listed, position) if patients else ():
        raise NotFound.of(messages.NOT_HERE, reference=f"Patient/{missing}")
    meant: list[Predicate] = [await patients_of(store, listed, position)] if patients else []
    members: list[Predicate] = []
    for group in groups:
        await service.repository.read("Group", group, visible=context.visible)
        order = Order(level=Level.GROUP, base_url=context.base_url, group=group)
        members.append(await patients_of(store, order, position))
    meant += [Or(tuple(members))] if members else []
    found = narrowed_to(compartment(service.registry, And(tuple(meant))), (type,))
    if not found:
        raise BadRequest.of(messages.OUTSIDE, type=type)
    [where] = found.values()
    return where if context.visible == ALL else And((where, context.visible))


class _Buffer:
    """A sink that is emptied now and then."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes, /) -> None:
        """Append."""
        self._parts.append(data)
        self.size += len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        found, self._parts, self.size = b"".join(self._parts), [], 0
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a view. ``limit`` is the most rows; ``now`` what the paths take for the present."""

    view: View
    table: Table
    limit: int | None
    now: str
    header: bool

    async def parts(self, chunks: AsyncIterator[Sequence[Any]]) -> AsyncGenerator[bytes, None]:
        """The table, in parts that are never empty."""
        buffer = _Buffer()
        encoder = await asyncio.to_thread(self.table.make, buffer, self.view.columns, header=self.header)
        left = self.limit
        try:
            async for chunk in chunks:
                rows = self._rows(chunk)
                while done := await asyncio.to_thread(_written, rows, encoder, buffer, left):
                    left = None if left is None else left - done
                    if part := buffer.taken():
                        yield part
                if left == 0:
                    break
            await asyncio.to_thread(encoder.finish)
        except BaseException:
            encoder.drop()
            raise
        if part := buffer.taken():
            yield part

    def _rows(self, chunk: Sequence[Any]) -> Iterator[Any]:
        for one in chunk:
            yield from self.view.rows(decode(one.body) if isinstance(one, Version) else one, self.now)


def _written(rows: Iterator[Any], encoder: Encoder, buffer: _Buffer, left: int | None) -> int:
    """Write the next rows, as many as make a part and at most ``left``; how many they were."""
    end = _ROWS if left is None else min(left, _ROWS)
    done = 0
    while buffer.size < _PART and (some := list(islice(rows, min(_STEP, end - done)))):
        encoder.write(some)
        done += len(some)
    return done


def _operation(code: str, *shapes: Shape) -> OperationDef:
    """It was ``$run`` in the first release of the guide, and has a longer name since."""
    return OperationDef(
        code=code,
        canonical=f"http://sql-on-fhir.org/OperationDefinition/${code}",
        types=OPERATION_TYPES,
        shapes=shapes,
        changes_state=False,
        handle=handle,
        answer=Answer.OWN,
        in_bundle=False,
        is_tabular=True,
    )


VIEW_RUNS = (
    _operation("run", Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION),
    _operation("viewdefinition-run", Shape.SYSTEM_OPERATION, Shape.TYPE_OPERATION, Shape.INSTANCE_OPERATION),
)
