"""history of an instance, a type or the system. https://hl7.org/fhir/R4/http.html#history"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

from conformance.errors import TooCostly
from fhir_server.exchange.bundles import bundle, history_entry
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import HISTORY_TOO_LONG
from fhir_server.exchange.paging import page_links, page_size, period, since
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.subset import require_elements, subset_of
from fhir_server.repository import HistoryPage
from fhir_server.search import CURSOR, Summary

PARAMS = frozenset(("_count", "_since", "_at", CURSOR))
#: Versions that are counted for ``_summary=count``: they are walked through one by one.
COUNTED = 20_000
CHUNK = 1_000
_NO_PAGE = HistoryPage((), None)


async def handle(service: Service, context: Context, request: Request) -> Response:
    """A Bundle of versions, newest first, deletions included.

    Raises NotFound, BadRequest, Gone for an old page, TooCostly for a long history that is to be counted.
    """
    target = request.target
    ask = partial(
        service.repository.history,
        target.type or None,
        target.id or None,
        since=since(service, request),
        during=period(service, request),
        visible=context.visible,
    )
    if request.parameter("_summary") == Summary.COUNT or request.parameter("_count") == "0":
        return _answer(context, request, total=await _count(ask))
    page = await ask(limit=page_size(service, request), cursor=request.parameter(CURSOR))
    subset = subset_of(request.pairs)
    types = (target.type,) if target.type else service.definitions.resource_types
    require_elements(subset.elements, types, service.definitions)
    entries = [
        history_entry(context.base_url, version, version.body and subset.cut(version.body, service.definitions))
        for version in page.versions
    ]
    return _answer(context, request, entries, page=page)


async def _count(ask: partial[Coroutine[Any, Any, HistoryPage]]) -> int:
    total, cursor = 0, None
    while total <= COUNTED:
        page = await ask(limit=CHUNK, cursor=cursor)
        total, cursor = total + len(page.versions), page.next
        if cursor is None:
            return total
    raise TooCostly.of(HISTORY_TOO_LONG, limit=COUNTED)


def _answer(
    context: Context,
    request: Request,
    entries: Sequence[bytes] = (),
    *,
    page: HistoryPage = _NO_PAGE,
    total: int | None = None,
) -> Response:
    target = request.target
    path = "/".join(filter(None, (target.type, target.id, "_history")))
    cursor = request.parameter(CURSOR)
    links = page_links(context, path, request.pairs, cursor, page.next, previous=page.previous)
    return Response(200, bundle("history", context, entries, total=total, links=links))
