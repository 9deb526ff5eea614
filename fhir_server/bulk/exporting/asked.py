"""From the parameters of a kick-off to an ``Order``, with every fault named.

https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timezone
from typing import Any

from conformance.definitions import Definitions
from conformance.errors import BadRequest
from conformance.issues import DEFAULT_LANGUAGE, Issue, Message, Words
from conformance.temporal import interval
from fhir_server.bulk.exporting import messages
from fhir_server.bulk.exporting.compartments import PROVENANCE
from fhir_server.bulk.exporting.filters import predicates, split_filters, type_of
from fhir_server.bulk.exporting.formats import format_named
from fhir_server.bulk.exporting.order import LATEST, NDJSON, PARQUET, RELEVANT, Level, Order
from fhir_server.exchange.subset import require_elements
from fhir_server.exchange.url import is_id
from fhir_server.jobs.job import Said
from fhir_server.search import SearchRegistry
from fhir_server.search.compartments import compartment_groups
from fhir_server.search.places import below

#: Parameters that concern the answer to the kick-off alone.
_OF_THE_ANSWER = frozenset(("_format", "_pretty"))
#: Parameters that are given once.
_SINGLE = frozenset(("_since", "_until", "organizeOutputBy", "allowPartialManifests", "_outputFormat"))
_A_TYPE = Words("a resource type of this server", "loại tài nguyên mà máy chủ này có")
_OF_A_PATIENT = Words(
    "a type of the Patient compartment, or one that _type names",
    "loại thuộc phạm vi (compartment) của Patient, hoặc nêu trong _type",
)
AN_INSTANT = Words("an instant such as 2026-01-31T00:00:00+07:00", "thời điểm như 2026-01-31T00:00:00+07:00")
_AN_ELEMENT = Words(
    "[type].[element] or [element], of the top level", "[loại].[phần tử] hoặc [phần tử], ở cấp trên cùng"
)
_A_PATIENT = Words("a reference such as Patient/42", "tham chiếu như Patient/42")
_A_SEARCH = Words("Type?search", "Loại?tìm kiếm")
_TRUTH = {"true": True, "false": False}
#: By what files can be organized.
_ORGANIZERS = ("Patient",)


@dataclass(slots=True)
class Asked:
    """One reading. ``is_post`` says that the parameters came in a body."""

    definitions: Definitions
    registry: SearchRegistry
    zone: timezone
    level: Level
    base_url: str
    now: int
    is_post: bool = False
    strict: bool = True
    language: str = DEFAULT_LANGUAGE
    values: dict[str, Any] = field(default_factory=dict)
    _given: dict[str, str] = field(default_factory=dict)
    _faults: list[Issue] = field(default_factory=list)
    _ignored: list[Said] = field(default_factory=list)

    def order(self, pairs: Iterable[tuple[str, str]], *, url: str, group: str = "") -> Order:
        """The order of these parameters. Raises BadRequest with every fault."""
        for name, value in pairs:
            if name not in _OF_THE_ANSWER:
                self._take(name, value)
        self._check_whole()
        if self._faults:
            raise BadRequest(*self._faults)
        values: dict[str, Any] = {
            name: tuple(dict.fromkeys(value)) if isinstance(value, list) else value
            for name, value in self.values.items()
        }
        return Order(
            level=self.level,
            url=url,
            base_url=self.base_url,
            now=self.now,
            group=group,
            language=self.language,
            ignored=tuple(self._ignored),
            **values,
        )

    def fault(self, issue: Issue, *, lenient: bool = True) -> None:
        """Refuse, or for a lenient client note that something is left out."""
        if self.strict or not lenient:
            self._faults.append(issue)
        else:
            self._ignored.append(ignored(issue))

    def _take(self, name: str, value: str) -> None:
        reader = _READERS.get(name)
        if reader is None:
            self.fault(Issue(messages.UNKNOWN_PARAMETER, params={"parameter": name}))
        elif self._given.setdefault(name, value) != value and name in _SINGLE:
            before = self._given[name]
            self.bad(name, value, Words(f"{before}, as it was given before", f"{before} như đã nêu trước đó"))
        else:
            reader(self, name, value)

    def bad(self, name: str, value: str, expected: str | Words, *, lenient: bool = False) -> None:
        """Note a value that cannot be."""
        issue = Issue(messages.BAD_VALUE, params={"parameter": name, "value": value, "expected": expected})
        self.fault(issue, lenient=lenient)

    def add(self, name: str, values: Sequence[str]) -> None:
        """Add to a list of values."""
        self.values.setdefault(name, []).extend(values)

    def _check_whole(self) -> None:
        """What several parameters must satisfy together."""
        types = self.values.get("types", ())
        named = dict.fromkeys(type_of(query) for query in self.values.get("filters", ()))
        if "types" in self.values and not types and not self._faults:
            self.bad("_type", self._given["_type"], _A_TYPE)  # Everything is not what was asked for.
        for name in named:
            if types and name not in types and not (name == PROVENANCE and self.values.get("associated")):
                meant = ", ".join(types)
                self.bad(
                    "_typeFilter", name, Words(f"a type that _type names ({meant})", f"loại nêu trong _type ({meant})")
                )
        self._check_compartments(types, named)
        for one, other in self._contradictions(named):
            self.fault(_issue(messages.CONTRADICTION, one=one, other=other), lenient=False)

    def _check_compartments(self, types: Sequence[str], named: Iterable[str]) -> None:
        """That something asked for is part of a Patient's compartment, where only that is exported."""
        if self.level is Level.SYSTEM and not self.values.get("organized_by"):
            return
        if types and not compartment_groups(self.registry, "Patient", types):
            self.fault(_issue(messages.OUTSIDE, types=", ".join(types)), lenient=False)
        for name in () if types else named:
            if not compartment_groups(self.registry, "Patient", (name,)):
                self.bad("_typeFilter", name, _OF_A_PATIENT, lenient=True)

    def _contradictions(self, named: Collection[str]) -> Iterator[tuple[str, str]]:
        since, until = self.values.get("since"), self.values.get("until")
        if since is not None and until is not None and since >= until:
            yield f"_since={self._given['_since']}", f"_until={self._given['_until']}"
        if self.values.get("associated") and set(self.values.get("types", ())) == {PROVENANCE}:
            yield f"_type={PROVENANCE}", "includeAssociatedData"  # Of nothing else that is exported.
        if self.values.get("organized_by"):
            if named or self.values.get("associated"):
                yield "organizeOutputBy", "_typeFilter" if named else "includeAssociatedData"
            if self.values.get("format") == PARQUET:
                yield "organizeOutputBy", "Parquet"


def ignored(issue: Issue) -> Said:
    """What a lenient client is told of a fault that was passed over."""
    reasons = {"reason": issue.text("en"), "reason_vi": issue.text("vi")}
    return Said.of(Issue(messages.IGNORED, params=reasons))


def _issue(message: Message, **params: object) -> Issue:
    return Issue(message, params=params)


def _types(asked: Asked, name: str, value: str) -> None:
    asked.add("types", [])
    for one in _items(value):
        if asked.definitions.is_resource(one):
            asked.add("types", [one])
        else:
            asked.bad(name, one, _A_TYPE, lenient=True)


def _items(value: str) -> list[str]:
    """What stands between the commas; nothing at all is an item too, which no parameter understands."""
    return [item.strip() for item in value.split(",") if item.strip()] or [""]


def _moment(asked: Asked, name: str, value: str) -> None:
    try:
        asked.values[name[1:]] = interval(value.strip().replace(" ", "+"), asked.zone)[0]
    except ValueError:
        asked.bad(name, value, AN_INSTANT)


def _filter(asked: Asked, name: str, value: str) -> None:
    for query in split_filters(value) or [""]:
        try:
            if not asked.definitions.is_resource(type_of(query)):
                raise BadRequest.of(messages.BAD_VALUE, parameter=name, value=query, expected=_A_SEARCH)
            predicates([query], asked.registry, zone=asked.zone, base_url=asked.base_url, now=asked.now)
        except BadRequest as error:
            for issue in error.issues:
                asked.fault(issue)
        else:
            asked.add("filters", [query])


def _elements(asked: Asked, name: str, value: str) -> None:
    for one in _items(value):
        try:
            require_elements([one], asked.registry.resource_types, asked.definitions)
        except BadRequest:
            asked.bad(name, one, _AN_ELEMENT, lenient=True)
        else:
            asked.add("elements", [one])


def _patient(asked: Asked, name: str, value: str) -> None:
    kind, _, logical_id = below(value, asked.base_url).rpartition("/")
    if asked.level is Level.SYSTEM or not asked.is_post:
        asked.fault(_issue(messages.NO_PATIENTS_HERE), lenient=False)  # Without it, others' data would be given.
    elif kind not in ("", "Patient") or not is_id(logical_id):
        asked.bad(name, value, _A_PATIENT)
    else:
        asked.add("patients", [logical_id])


def _associated(asked: Asked, name: str, value: str) -> None:
    for one in _items(value):
        if one in (LATEST, RELEVANT):
            asked.add("associated", [one])
        else:
            asked.bad(name, one, f"{LATEST} | {RELEVANT}", lenient=True)


def _organizer(asked: Asked, name: str, value: str) -> None:
    if value in _ORGANIZERS:
        asked.values["organized_by"] = value
    else:
        asked.bad(name, value, " | ".join(_ORGANIZERS), lenient=True)


def _partial(asked: Asked, name: str, value: str) -> None:
    if value in _TRUTH:
        asked.values["partial"] = _TRUTH[value]
    else:
        asked.bad(name, value, "true | false")


def _format(asked: Asked, name: str, value: str) -> None:
    found = format_named(value)
    if found is None:
        asked.bad(name, value, f"{NDJSON} | {PARQUET}")
    else:
        found.require()
        asked.values["format"] = found.media_type


_READERS: dict[str, Callable[[Asked, str, str], None]] = {
    "_type": _types,
    "_since": _moment,
    "_until": _moment,
    "_typeFilter": _filter,
    "_elements": _elements,
    "patient": _patient,
    "includeAssociatedData": _associated,
    "organizeOutputBy": _organizer,
    "allowPartialManifests": _partial,
    "_outputFormat": _format,
}

#: The parameters of ``$export``.
PARAMETERS = tuple(_READERS)
