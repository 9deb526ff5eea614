"""$everything of a patient or an encounter. https://hl7.org/fhir/R4/patient-operation-everything.html

``start`` and ``end`` ask for care in that time: what has care dates must have one in it, what has none is always given.
The record is ordered by its focus first, then by type and id; a page begins after the last resource of the page before,
so a walk gives each resource once whatever is written meanwhile.
"""

from __future__ import annotations

import base64
import binascii

from conformance.errors import BadRequest
from conformance.issues import Words
from fhir_server.exchange.bundles import bundle, search_entry
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.paging import page_links, page_size, since
from fhir_server.exchange.registry import OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.care_dates import CareDates, care_span
from fhir_server.operations.parameters import inputs
from fhir_server.search import CURSOR
from fhir_server.store.protocol import Key, Version

PARAMS = frozenset(("_since", "_type", "_count", CURSOR))
PATIENT_PARAMS = PARAMS | {"start", "end"}


async def handle(service: Service, context: Context, request: Request) -> Response:
    """A searchset of the record. Raises NotFound, Gone, BadRequest."""
    focus = Key(request.target.type, request.target.id)
    request = inputs(request, PATIENT_PARAMS if focus.type == "Patient" else PARAMS)
    record = await _record(service, context, request, focus)
    after = _after(request)
    rest = [version for version in record if after is None or _rank(version.key, focus) > _rank(after, focus)]
    size = page_size(service, request) if request.parameter("_count") else len(rest)
    page, more = rest[:size], len(rest) > size
    entries = [search_entry(context.base_url, version, version.body, "match") for version in page]
    following = _cursor(page[-1].key) if more else None
    path = f"{focus}/$everything"
    links = page_links(context, path, request.pairs, request.parameter(CURSOR), following)
    return Response(200, bundle("searchset", context, entries, total=len(record), links=links))


async def _record(service: Service, context: Context, request: Request, focus: Key) -> list[Version]:
    walk = service.repository.everything(
        focus.type, focus.id, types=_types(service, request), since=since(service, request), visible=context.visible
    )
    span = care_span(request, service.zone)
    dates = CareDates(service.repository.indexer, span) if span else None
    versions = [one async for chunk in walk for one in chunk if dates is None or one.key == focus or dates.meet(one)]
    return sorted(versions, key=lambda version: _rank(version.key, focus))


def _types(service: Service, request: Request) -> tuple[str, ...]:
    named = [name for key, value in request.pairs if key == "_type" for name in value.split(",") if name]
    for name in named:
        if not service.definitions.is_resource(name):
            raise BadRequest.of(
                BAD_PARAMETER, parameter="_type", value=name, expected=Words("resource types", "loại tài nguyên")
            )
    return tuple(named)


def _rank(key: Key, focus: Key) -> tuple[bool, str, str]:
    return key != focus, key.type, key.id


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(str(key).encode()).decode().rstrip("=")


def _after(request: Request) -> Key | None:
    text = request.parameter(CURSOR)
    if text is None:
        return None
    try:
        named = base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True).decode().split("/")
    except (binascii.Error, ValueError):
        named = []
    if len(named) != 2:
        raise BadRequest.of(
            BAD_PARAMETER,
            parameter=CURSOR,
            value=text,
            expected=Words("the value of a page link", "giá trị trong liên kết trang"),
        )
    return Key(*named)


EVERYTHING = OperationDef(
    code="everything",
    canonical="http://hl7.org/fhir/OperationDefinition/Patient-everything",
    types=("Patient",),
    shapes=(Shape.INSTANCE_OPERATION,),
    changes_state=False,
    handle=handle,
    params=PATIENT_PARAMS,
)
ENCOUNTER_EVERYTHING = OperationDef(
    code="everything",
    canonical="http://hl7.org/fhir/OperationDefinition/Encounter-everything",
    types=("Encounter",),
    shapes=(Shape.INSTANCE_OPERATION,),
    changes_state=False,
    handle=handle,
    params=PARAMS,
)
