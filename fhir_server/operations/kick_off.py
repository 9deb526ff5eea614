"""Kick-offs: what is asked for becomes a job, and the answer is where to ask for its status.

https://hl7.org/fhir/R4/async.html
"""

from __future__ import annotations

from typing import Any

import msgspec

from conformance.errors import TooMany
from conformance.issues import Issue, Message
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.request import Response
from fhir_server.exchange.service import Service
from fhir_server.jobs import Board
from fhir_server.jobs.messages import TOO_MANY_JOBS

#: Below the base: where jobs are asked for.
JOBS = "_jobs"
#: Seconds after which one that was refused for the number of jobs may be asked for again.
LATER = 30


async def require_room(service: Service, owner: str = "") -> None:
    """Refuse a job of an owner who has as many as may be. Raises TooMany."""
    limit = service.job_limit
    count = await Board(service.repository.store).count_open(owner)
    if limit and count >= limit:
        raise TooMany.of(TOO_MANY_JOBS, count=count, limit=limit, seconds=LATER)


async def accepted(
    service: Service, context: Context, kind: str, order: Any, message: Message, *, id: str = ""
) -> Response:
    """202 with the URL of the status; the job waits for a worker. ``message`` names the ``url``."""
    job = id or context.new_id()
    await Board(service.repository.store).add(job, kind, msgspec.to_builtins(order), context.now)
    url = f"{context.base_url}/{JOBS}/{job}"
    body = outcome_bytes((Issue(message, params={"url": url}),), context.language)
    return Response(202, body, headers=(("content-location", url),))
