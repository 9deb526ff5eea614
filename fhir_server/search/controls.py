"""Parameters that say how to answer, not what to find. https://hl7.org/fhir/R4/search.html#control"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from conformance.errors import BadRequest
from conformance.issues import Words
from fhir_server.search.clauses import Reader
from fhir_server.search.includes import read_include
from fhir_server.search.messages import BAD_VALUE, NOT_SORTABLE
from fhir_server.search.parameter import BUILT_IN
from fhir_server.search.request import CURSOR, MAX_COUNT, Include, Summary, Total
from fhir_server.store.query import Sort

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(slots=True)
class Controls:
    """What the control parameters of one search said so far."""

    reader: Reader
    types: tuple[str, ...]
    max_count: int = MAX_COUNT
    sort: tuple[Sort, ...] = ()
    includes: list[Include] = field(default_factory=list)
    revincludes: list[Include] = field(default_factory=list)
    count: int | None = None
    total: Total | None = None
    summary: Summary | None = None
    elements: tuple[str, ...] = ()
    cursor: str | None = None


def _count(controls: Controls, name: str, value: str) -> None:
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise BadRequest.of(BAD_VALUE, value=value, parameter=name, expected=Words("a whole number", "số nguyên"))
    controls.count = min(int(value), controls.max_count)


def _choice(choices: type[Choice], name: str, value: str) -> Choice:
    if value not in {str(choice) for choice in choices}:
        raise BadRequest.of(BAD_VALUE, value=value, parameter=name, expected=", ".join(choices))
    return choices(value)


def _total(controls: Controls, name: str, value: str) -> None:
    controls.total = _choice(Total, name, value)


def _summary(controls: Controls, name: str, value: str) -> None:
    controls.summary = _choice(Summary, name, value)


def _elements(controls: Controls, name: str, value: str) -> None:
    names = tuple(part.strip() for part in value.split(","))
    if not all(names):
        raise BadRequest.of(
            BAD_VALUE, value=value, parameter=name, expected=Words("names of elements", "tên các phần tử")
        )
    controls.elements = (*controls.elements, *names)


def _sort(controls: Controls, name: str, value: str) -> None:
    for part in value.split(","):
        code = part.removeprefix("-")
        for one in controls.types:
            parameter = controls.reader.parameter(one, code, f"{name}={value}")
            if not parameter.is_sortable:
                raise BadRequest.of(NOT_SORTABLE, parameter=code)
            code = code if code in BUILT_IN else parameter.entries[0]
        controls.sort = (*controls.sort, Sort(code, descending=part.startswith("-")))


def _include(controls: Controls, name: str, value: str) -> None:
    controls.includes.extend(read_include(controls.reader, controls.types, name, value))


def _revinclude(controls: Controls, name: str, value: str) -> None:
    controls.revincludes.extend(read_include(controls.reader, (), name, value))


def _cursor(controls: Controls, _name: str, value: str) -> None:
    controls.cursor = value


def _nothing(_controls: Controls, _name: str, _value: str) -> None:
    """For the representation, which is not chosen here."""


#: Name without modifier -> what it does.
CONTROLS: Mapping[str, Callable[[Controls, str, str], None]] = {
    "_count": _count,
    "_elements": _elements,
    "_format": _nothing,
    "_include": _include,
    "_pretty": _nothing,
    "_revinclude": _revinclude,
    "_sort": _sort,
    "_summary": _summary,
    "_total": _total,
    CURSOR: _cursor,
}

#: Those that may carry a modifier.
WITH_MODIFIER = frozenset({"_include", "_revinclude"})
