"""history of an instance, a type or the system. https://hl7.org/fhir/R4/http.html#history"""

from __future__ import annotations

from fhir_server.exchange.bundles import bundle, history_entry
from fhir_server.exchange.context import Context
from fhir_server.exchange.paging import page_links, page_size, since
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.subset import subset_of
from fhir_server.search import CURSOR

PARAMS = frozenset(("_count", "_since", CURSOR))


async def handle(service: Service, context: Context, request: Request) -> Response:
    """A Bundle of versions, newest first, deletions included. Raises NotFound, BadRequest, Gone for an old page."""
    target = request.target
    page = await service.repository.history(
        target.type or None,
        target.id or None,
        limit=page_size(service, request),
        since=since(service, request),
        cursor=request.parameter(CURSOR),
        visible=context.visible,
    )
    subset = subset_of(request.pairs)
    entries = [
        history_entry(context.base_url, version, version.body and subset.cut(version.body, service.definitions))
        for version in page.versions
    ]
    path = "/".join(filter(None, (target.type, target.id, "_history")))
    links = page_links(context, path, request.pairs, request.parameter(CURSOR), page.next)
    return Response(200, bundle("history", context, entries, links=links))
