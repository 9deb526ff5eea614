"""Page sizes and page links. https://hl7.org/fhir/R4/http.html#paging"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import BadRequest
from conformance.issues import Words
from conformance.temporal import interval
from fhir_server.exchange.bundles import link
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.request import Request
from fhir_server.exchange.service import Service
from fhir_server.search import CURSOR


def page_size(service: Service, request: Request) -> int:
    """``_count`` within the server's limits. Raises BadRequest when it is not a positive number."""
    text = request.parameter("_count")
    if text is None:
        return service.default_count
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise BadRequest.of(
            BAD_PARAMETER, parameter="_count", value=text, expected=Words("a positive number", "số dương")
        )
    return min(int(text), service.max_count)


def since(service: Service, request: Request) -> int | None:
    """``_since`` in microseconds, None when it is not given. Raises BadRequest when it is no date."""
    text = request.parameter("_since")
    if text is None:
        return None
    return _interval(service, "_since", text, Words("an instant", "thời điểm"))[0]


def period(service: Service, request: Request) -> tuple[int, int] | None:
    """``_at`` as the period that it names, in microseconds, its end excluded. Raises BadRequest when it is no date."""
    text = request.parameter("_at")
    return None if text is None else _interval(service, "_at", text, Words("a date or dateTime", "ngày hoặc thời điểm"))


def _interval(service: Service, parameter: str, text: str, expected: Words) -> tuple[int, int]:
    try:
        return interval(text.replace(" ", "+"), service.zone)
    except ValueError as error:
        raise BadRequest.of(BAD_PARAMETER, parameter=parameter, value=text, expected=expected) from error


def page_links(
    context: Context,
    path: str,
    pairs: Sequence[tuple[str, str]],
    cursor: str | None,
    following: str | None,
    *,
    previous: str | None = None,
) -> list[tuple[str, str]]:
    """The links of a page: self, first when it is reached by a cursor, previous and next when there are such."""
    pairs = [pair for pair in pairs if pair[0] != CURSOR]
    here = [*pairs, (CURSOR, cursor)] if cursor else pairs
    links = [("self", link(context.base_url, path, here))]
    if cursor:
        links.append(("first", link(context.base_url, path, pairs)))
    if previous:
        links.append(("previous", link(context.base_url, path, [*pairs, (CURSOR, previous)])))
    if following:
        links.append(("next", link(context.base_url, path, [*pairs, (CURSOR, following)])))
    return links
