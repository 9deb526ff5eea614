"""Kick-offs: what is asked for becomes a job, and the answer is where to ask for its status.

https://hl7.org/fhir/R4/async.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from conformance.issues import Issue, Message
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.request import Response
from fhir_server.exchange.service import Service
from fhir_server.jobs import Board

#: Below the base: where jobs are asked for.
JOBS = "_jobs"


async def require_room(service: Service, owner: str = "") -> None:
    """Refuse a job of an owner who has as many as may be, before more is done for it. Raises TooMany."""
    await Board(service.repository.store).require_room(owner, service.job_limit)


async def queued(service: Service, context: Context, kind: str, order: Any, *, id: str) -> str:
    """The URL of the status of a new job, which waits for a worker. Raises TooMany."""
    board = Board(service.repository.store)
    await board.add(id, kind, msgspec.to_builtins(order), context.now, limit=service.job_limit)
    return f"{context.base_url}/{JOBS}/{id}"


async def accepted(
    service: Service,
    context: Context,
    kind: str,
    order: Any,
    message: Message,
    *,
    id: str = "",
    told: Iterable[Issue] = (),
) -> Response:
    """202 with the URL of the status; the job waits for a worker. Raises TooMany.

    ``message`` names the ``url``; ``told`` is what else there is to say.
    """
    url = await queued(service, context, kind, order, id=id or context.new_id())
    body = outcome_bytes((Issue(message, params={"url": url}), *told), context.language)
    return Response(202, body, headers=(("content-location", url),))
