"""search of a type, of the system, of a compartment. https://hl7.org/fhir/R4/http.html#search"""

from __future__ import annotations

from conformance.errors import NotFound
from fhir_server.exchange.bundles import bundle, outcome_entry, search_entry
from fhir_server.exchange.context import Context
from fhir_server.exchange.failures import outcome_bytes
from fhir_server.exchange.messages import UNKNOWN_COMPARTMENT
from fhir_server.exchange.paging import page_links
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.subset import Subset, require_elements
from fhir_server.exchange.url import Shape, Target
from fhir_server.repository import SearchPage
from fhir_server.search import SearchRequest, parse_search
from fhir_server.search.vocabulary import Vocabulary


async def handle(service: Service, context: Context, request: Request) -> Response:
    """A searchset. Raises BadRequest that names a parameter, NotFound, Gone for an old page, TooCostly."""
    vocabulary = await service.repository.vocabulary(request.pairs, visible=context.visible)
    search = understood(service, context, request, vocabulary)
    page = await service.repository.search(search, visible=context.visible)
    links = page_links(
        context, _path(request.target), search.self_pairs, search.cursor, page.next, previous=page.previous
    )
    entries = _entries(service, context, search, page)
    return Response(200, bundle("searchset", context, entries, total=page.total, links=links))


def understood(
    service: Service, context: Context, request: Request, vocabulary: Vocabulary | None = None
) -> SearchRequest:
    """The search that the parameters make, its page size within the server's limits."""
    target = request.target
    in_compartment = target.shape in (Shape.COMPARTMENT, Shape.COMPARTMENT_SEARCH)
    if in_compartment and target.type not in service.definitions.compartments:
        raise NotFound.of(UNKNOWN_COMPARTMENT, type=target.type)
    wanted = target.member if in_compartment else target.type
    search = parse_search(
        None if wanted in ("", "*") else wanted,
        request.pairs,
        service.registry,
        zone=service.zone,
        strict=context.strict,
        base_url=context.base_url,
        now=context.now,
        compartment=(target.type, target.id) if in_compartment else None,
        default_count=min(service.default_count, service.max_count),
        max_count=service.max_count,
        vocabulary=vocabulary,
    )
    if context.strict and search.elements:
        has_others = search.includes or search.revincludes or len(search.query.types) != 1
        types = service.definitions.resource_types if has_others else search.query.types
        require_elements(search.elements, types, service.definitions)
    return search


def _path(target: Target) -> str:
    return "/".join(filter(None, (target.type, target.id, target.member)))


def _entries(service: Service, context: Context, search: SearchRequest, page: SearchPage) -> list[bytes]:
    subset = Subset(search.summary, search.elements)
    is_whole = subset.is_whole
    entries = [
        search_entry(
            context.base_url,
            version,
            version.body if is_whole else subset.cut(version.body, service.definitions),
            mode,
        )
        for versions, mode in ((page.matches, "match"), (page.included, "include"))
        for version in versions
    ]
    if search.issues:
        entries.append(outcome_entry(context.new_id(), outcome_bytes(search.issues, context.language)))
    return entries
