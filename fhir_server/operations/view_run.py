"""$run, $viewdefinition-run: the rows of a view, sent while they are made.

https://sql-on-fhir.org/ig/OperationDefinition-ViewDefinitionRun.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from conformance.json_codec import decode_stored
from conformance.views import View
from fhir_server.bulk.exporting.encoders import Encoder
from fhir_server.bulk.tables.registry import Table
from fhir_server.bulk.views.choosing import chosen
from fhir_server.exchange.context import Context
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.operations.view_asked import OF_RUN, Inputs, view_of
from fhir_server.operations.view_chosen import choice_of
from fhir_server.operations.view_format import written
from fhir_server.operations.view_names import view_operations
from fhir_server.repository.holding import Hold
from fhir_server.store.protocol import Version, instant
from fhir_server.store.query import ALL, And

#: Resources that are read at a time.
_CHUNK = 200
#: Rows that are written at a time, and the bytes and rows after which a part is sent: one resource may give very many.
_STEP, _PART, _ROWS = 50, 1 << 20, 5_000


async def handle(service: Service, context: Context, request: Request) -> Response:
    """200 with the table. Raises BadRequest, NotFound, Unprocessable for the view, NotAcceptable, NotSupported.

    What fails on later resources breaks the connection: a table that ends in order is whole.
    """
    inputs = Inputs.of(request, OF_RUN, strict=context.strict)
    asked = inputs.one("_format")
    table, media_type = written(None if asked is None else str(asked), request.accept)
    view = await view_of(service, context, inputs, request.target.id)
    run = Run(view, table, inputs.limit(), instant(context.now).decode(), header=inputs.truth("header", True))
    sent = inputs.resources()
    chunks = _given(sent) if sent is not None else await _stored(service, context, inputs, view)
    stream = run.parts(chunks)
    return Response(200, await anext(stream, b""), media_type=media_type, stream=stream)


async def _given(resources: Sequence[dict[str, Any]]) -> AsyncGenerator[Sequence[dict[str, Any]], None]:
    for start in range(0, len(resources), _CHUNK):
        yield resources[start : start + _CHUNK]


async def _stored(
    service: Service, context: Context, inputs: Inputs, view: View
) -> AsyncGenerator[Sequence[Version], None]:
    """Resources of the view's type at one position, as the filters leave them."""
    store, since = service.repository.store, inputs.since(service)
    position = await store.position()
    choice = await choice_of(service, context, inputs, {view.resource}, position)
    where = await chosen(store, service.registry, view.resource, choice, position)
    seen = context.visible if where == ALL else where if context.visible == ALL else And((where, context.visible))
    first = None if since is None else since + 1
    hold = Hold(store, position, context.new_id(), lambda: time.time_ns() // 1000)
    return _held(store.scan((view.resource,), position, where=seen, since=first), hold)


async def _held(chunks: AsyncIterator[Sequence[Version]], hold: Hold) -> AsyncGenerator[Sequence[Version], None]:
    """The same in smaller chunks, their position held from the second one on: a short answer writes nothing."""
    is_long = False
    try:
        async for chunk in chunks:
            for start in range(0, len(chunk), _CHUNK):
                if is_long:
                    await hold.keep()
                is_long = True
                yield chunk[start : start + _CHUNK]
    finally:
        await hold.release()


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

    async def parts(self, chunks: AsyncGenerator[Sequence[Any], None]) -> AsyncGenerator[bytes, None]:
        """The table, in parts that are never empty."""
        buffer = _Buffer()
        encoder = await asyncio.to_thread(self.table.make, buffer, self.view.columns, header=self.header)
        left = self.limit
        try:
            async with aclosing(chunks):
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
            yield from self.view.rows(decode_stored(one.body) if isinstance(one, Version) else one, self.now)


def _written(rows: Iterator[Any], encoder: Encoder, buffer: _Buffer, left: int | None) -> int:
    """Write the next rows, as many as make a part and at most ``left``; how many they were."""
    end = _ROWS if left is None else min(left, _ROWS)
    done = 0
    while buffer.size < _PART and (some := list(islice(rows, min(_STEP, end - done)))):
        encoder.write(some)
        done += len(some)
    return done


VIEW_RUNS = view_operations("run", handle)
