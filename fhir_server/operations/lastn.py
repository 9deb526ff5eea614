"""Observation/$lastn: the latest observations of each code. https://hl7.org/fhir/R4/observation-operation-lastn.html

Observations are of one group when they share a coding, or a coding with a third one; those without a coding when they
share their text. Each subject has groups of its own. Those as old as the last one that fits are given too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from conformance.definitions import SearchParameter
from conformance.errors import BadRequest
from conformance.issues import Words
from conformance.json_codec import decode
from conformance.temporal import interval
from fhir_server.exchange.bundles import bundle, search_entry
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_PARAMETER
from fhir_server.exchange.paging import page_links
from fhir_server.exchange.registry import Answer, OperationDef
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import Shape
from fhir_server.operations.finding import every_match, understood
from fhir_server.operations.messages import SUBJECT_MISSING
from fhir_server.operations.parameters import inputs
from fhir_server.search.messages import UNKNOWN_PARAMETER
from fhir_server.search.places import local
from fhir_server.store.protocol import Version

#: Observations that one request looks at.
LIMIT = 10_000
_SHAPING = frozenset(("_format", "_pretty"))
#: Parameters of search that would change which observations are looked at, or in which form they are told.
_REFUSED = frozenset(
    ("_count", "_cursor", "_elements", "_include", "_revinclude", "_sort", "_summary", "_total", "_contained")
)
_SUBJECTS = frozenset(("patient", "subject"))


class Seen(NamedTuple):
    """One observation: when it was made (microseconds, None when unknown) and what tells its group."""

    version: Version
    moment: int | None
    subject: str
    codes: tuple[Hashable, ...]


async def handle(service: Service, context: Context, request: Request) -> Response:
    """A searchset, the latest first. Raises BadRequest for criteria that are missing or wrong, TooCostly."""
    request = inputs(request, None)
    most = _most(request)
    pairs = [pair for pair in request.pairs if pair[0] not in _SHAPING | {"max"}]
    _require_criteria(service, pairs)
    search = understood(service, context, "Observation", pairs, service.max_count)
    matches = [one async for one in every_match(service, context, search, LIMIT, "lastn")]
    seen = sorted((_seen(service, context, version) for version in matches), key=_age)
    latest = [one.version for one in _latest(seen, most)]
    entries = [search_entry(context.base_url, version, version.body, "match") for version in latest]
    links = page_links(context, "Observation/$lastn", request.pairs, None, None)
    return Response(200, bundle("searchset", context, entries, total=len(entries), links=links))


def _most(request: Request) -> int:
    text = request.parameter("max") or "1"
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise BadRequest.of(BAD_PARAMETER, parameter="max", value=text, expected=Words("a positive number", "số dương"))
    return int(text)


def _require_criteria(service: Service, pairs: Sequence[tuple[str, str]]) -> None:
    names = {name.partition(":")[0].partition(".")[0] for name, _ in pairs}
    refused = next(iter(sorted(names & _REFUSED)), None)
    if refused is not None:
        raise BadRequest.of(UNKNOWN_PARAMETER, parameter=refused, type="Observation/$lastn")
    known = service.definitions.search_parameters["Observation"]
    is_about = any(name == "category" or (name in known and _has_code(known[name])) for name in names)
    if not names & _SUBJECTS or not is_about:
        raise BadRequest.of(SUBJECT_MISSING)


def _has_code(parameter: SearchParameter) -> bool:
    """True for a parameter whose expression leads through ``code``."""
    return parameter.type in ("token", "composite") and parameter.code.startswith(("code", "combo-code"))


def _seen(service: Service, context: Context, version: Version) -> Seen:
    resource = decode(version.body)
    subject = resource.get("subject", {})
    about = local(str(subject.get("reference", subject)), context.base_url)
    return Seen(version, _moment(service, resource), about, tuple(_codes(resource)))


def _moment(service: Service, resource: dict[str, Any]) -> int | None:
    """When the observation was made; of a period its end, when that is known."""
    period = resource.get("effectivePeriod", {})
    text = resource.get("effectiveDateTime") or resource.get("effectiveInstant") or period.get("end")
    text = text or period.get("start")
    return interval(text, service.zone)[0] if isinstance(text, str) else None


def _codes(resource: dict[str, Any]) -> Iterator[Hashable]:
    code = resource.get("code", {})
    for coding in code.get("coding", ()):
        if "code" in coding:
            yield coding.get("system", ""), coding["code"]
    if not code.get("coding"):
        yield code.get("text", "")


def _age(one: Seen) -> tuple[bool, int, int]:
    """The latest first, those without a time last; of one moment the one that was stored last."""
    return one.moment is None, -(one.moment or 0), -one.version.vid


def _latest(seen: Sequence[Seen], most: int) -> Iterator[Seen]:
    """Of observations with the latest first, ``most`` of each group, and those as old as the last of them."""
    group_of = groups(((one.subject, code) for code in one.codes) for one in seen)
    given: dict[int, list[Seen]] = {}
    for one, group in zip(seen, group_of, strict=True):
        held = given.setdefault(group, [])
        if len(held) < most or (one.moment is not None and one.moment == held[-1].moment):
            held.append(one)
            yield one


def groups(keys: Iterable[Iterable[Hashable]]) -> list[int]:
    """For each item the number of its group: items that share a key, also through others, are of one group."""
    parent: list[int] = []
    first: dict[Hashable, int] = {}

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for item, of_item in enumerate(keys):
        parent.append(item)
        for key in of_item:
            parent[root(item)] = root(first.setdefault(key, item))
    return [root(item) for item in range(len(parent))]


LASTN = OperationDef(
    code="lastn",
    canonical="http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    types=("Observation",),
    shapes=(Shape.TYPE_OPERATION,),
    changes_state=False,
    handle=handle,
    answer=Answer.OWN,
)
