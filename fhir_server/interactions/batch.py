"""batch: every entry on its own. https://hl7.org/fhir/R4/http.html#transaction

Entries of one phase run at once, so that their writes share commits; phases follow each other as in a transaction.
"""

from __future__ import annotations

import asyncio
from typing import Any

from conformance.errors import FhirError
from fhir_server.exchange.bundles import bundle
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import refusal
from fhir_server.exchange.registry import Phase
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.interactions.entries import Entry, read_entry, response_entry
from fhir_server.interactions.transaction import answered


async def handle(service: Service, context: Context, request: Request, content: dict[str, Any]) -> Response:
    """A batch-response; what fails is told in its own entry."""
    answers: dict[int, Response] = {}
    entries: list[Entry] = []
    for index, item in enumerate(content.get("entry", ())):
        try:
            entries.append(read_entry(service, context, index, item, request.returns))
        except FhirError as error:
            answers[index] = refusal(error, context.language)
    for phase in Phase:
        now = [entry for entry in entries if entry.phase is phase]
        responses = await asyncio.gather(*(answered(service, context, entry) for entry in now))
        answers |= {entry.index: response for entry, response in zip(now, responses, strict=True)}
    rows = [response_entry(context, answers[index]) for index in sorted(answers)]
    return Response(200, bundle("batch-response", context, rows))
