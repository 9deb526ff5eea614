"""Searches inside an operation. https://hl7.org/fhir/R4/search.html"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from conformance.errors import TooCostly
from fhir_server.exchange.context import Context
from fhir_server.exchange.service import Service
from fhir_server.operations.messages import TOO_MANY_RESOURCES
from fhir_server.search import SearchRequest, parse_search
from fhir_server.store.protocol import Version


def understood(
    service: Service, context: Context, type: str, pairs: Sequence[tuple[str, str]], count: int | None = None
) -> SearchRequest:
    """The search of one type that these parameters make, ``count`` matches a page. Raises BadRequest."""
    request = parse_search(
        type, pairs, service.registry, zone=service.zone, base_url=context.base_url, now=context.now, strict=True
    )
    return request if count is None else replace(request, count=count)


async def every_match(
    service: Service, context: Context, request: SearchRequest, limit: int, operation: str
) -> AsyncIterator[Version]:
    """The matches in order, all at one position. Raises TooCostly after ``limit`` of them, Gone."""
    seen = 0
    while True:
        page = await service.repository.search(request, visible=context.visible)
        for version in page.matches:
            seen += 1
            if seen > limit:
                raise TooCostly.of(TOO_MANY_RESOURCES, operation=operation, limit=limit)
            yield version
        if page.next is None:
            return
        request = replace(request, cursor=page.next)
