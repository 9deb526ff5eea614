"""Building blocks of resources: codings, references, quantities, and the extensions that keep what R4 has no place for.

https://hl7.org/fhir/R4/datatypes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from mappers.bhyt_xml.extract.records import Record
from mappers.bhyt_xml.extract.values import is_before
from mappers.bhyt_xml.schema.tables import TABLES
from profiles.vn.declarations import declared
from terminology.names import CODE_SYSTEMS, EXTENSIONS, PROFILES, Community, Hl7, Names
from terminology.vietnam import displays, list_names

Json = dict[str, Any]

#: Code list of a column -> the code system that is not ours.
_FOREIGN_SYSTEMS = {"ethnicity": Community.ETHNICITY_CODES}
_NUMBERS = (Decimal, int, bool)
_NO_DISPLAYS: Mapping[str, str] = MappingProxyType({})
_LISTED = frozenset(list_names())
#: Lists that are known whole.
_COMPLETE = _LISTED & {name for name, row in declared("systems").items() if row["content"] == "complete"}


@dataclass(frozen=True)
class Urls:
    """The URLs of one installation, looked up once."""

    extension: Mapping[str, str]
    system: Mapping[str, str]
    profile: Mapping[str, str]


@lru_cache(maxsize=8)
def urls_of(names: Names) -> Urls:
    """The URLs under one canonical base."""
    return Urls(
        extension=MappingProxyType({name: names.extension(name) for name in EXTENSIONS}),
        system=MappingProxyType({name: names.code_system(name) for name in CODE_SYSTEMS} | _FOREIGN_SYSTEMS),
        profile=MappingProxyType({name: names.profile(name) for name in PROFILES}),
    )


def coding(system: str, code: str, display: str | None = None) -> Json:
    """A Coding; white space inside the code is made single, as the type asks."""
    value = {"system": system, "code": " ".join(code.split())}
    if display:
        value["display"] = display
    return value


def national(urls: Urls, code_list: str, code: str) -> Json:
    """A Coding from one of the small national lists, with its Vietnamese display where the list has the code.

    A code that a complete list does not have is kept without the system: it does not mean anything there.
    """
    known = displays(code_list) if code_list in _LISTED else _NO_DISPLAYS
    if code not in known and code_list in _COMPLETE:
        return {"code": " ".join(code.split())}
    return coding(urls.system[code_list], code, known.get(code))


def concept(*codings: Json, text: str = "") -> Json:
    """A CodeableConcept of the codings that are not empty."""
    value: Json = {}
    if any(codings):
        value["coding"] = [item for item in codings if item]
    if text:
        value["text"] = text
    return value


def unknown() -> Json:
    """A CodeableConcept of which nothing is known, where R4 wants one."""
    return {"extension": [{"url": Hl7.DATA_ABSENT_REASON, "valueCode": "unknown"}]}


def reference(kind: str, id: str) -> Json:
    """A relative reference."""
    return {"reference": f"{kind}/{id}"}


def money(amount: Decimal) -> Json:
    """Money in đồng, digits as sent."""
    return {"value": amount, "currency": "VND"}


def present(**elements: Any) -> Json:
    """The elements that have a value: absence is the absence of the element, never null or empty."""
    return {name: value for name, value in elements.items() if value or value.__class__ in _NUMBERS}


def period(start: str | None, end: str | None) -> Json:
    """A Period; an end before its start is left out, as R4 allows none (``check`` reports it)."""
    return present(start=start, end=None if start and end and is_before(end, start) else end)


def column_extension(urls: Urls, name: str, value: Json) -> Json:
    """One column kept whole: its name and its value (a one-element dict such as ``{"valueString": ...}``)."""
    return {
        "url": urls.extension["column"],
        "extension": [{"url": "code", "valueCode": name}, {"url": "value", **value}],
    }


def columns(urls: Urls, record: Record, names: tuple[str, ...]) -> list[Json]:
    """The ``column`` extensions of those columns of a record that have a value."""
    kept, table, url = record.values, record.table, urls.extension["column"]
    return [
        {"url": url, "extension": [_CODES[name], _column_value(urls, table, name, kept[name])]}
        for name in names
        if name in kept
    ]


def amounts(urls: Urls, record: Record, names: tuple[str, ...]) -> list[Json]:
    """The ``claim-amount`` extensions of those money columns of a record that have a value."""
    kept, url = record.values, urls.extension["claim-amount"]
    return [
        {
            "url": url,
            "extension": [_CODES[name], {"url": "amount", "valueMoney": {"value": kept[name], "currency": "VND"}}],
        }
        for name in names
        if name in kept
    ]


#: Column -> the first part of its extension. One object for all resources: they are written out, never changed.
_CODES = {name: {"url": "code", "valueCode": name} for table in TABLES.values() for name in table.columns}
_ELEMENTS = {"number": "valueDecimal", "money": "valueDecimal", "date": "valueDateTime", "datetime": "valueDateTime"}


def _column_value(urls: Urls, table: str, name: str, value: Any) -> Json:
    element = _element(table, name)
    if element == "valueCoding":
        return {"url": "value", "valueCoding": national(urls, TABLES[table].columns[name].code_list, value)}
    return {"url": "value", element: "; ".join(value) if value.__class__ is tuple else value}


@lru_cache(maxsize=512)
def _element(table: str, name: str) -> str:
    column = TABLES[table].columns[name]
    if column.is_list:
        return "valueString"
    if column.code_list in CODE_SYSTEMS:
        return "valueCoding"
    return _ELEMENTS.get(column.kind, "valueString")


@lru_cache(maxsize=256)
def columns_with(table: str, target: str) -> tuple[str, ...]:
    """The columns of a table that the mapping puts at ``target``, in official order."""
    return tuple(name for name, column in TABLES[table].columns.items() if target in column.targets)


@lru_cache(maxsize=256)
def item_columns(table: str, made: frozenset[str]) -> tuple[str, ...]:
    """The columns that only the claim item can keep, when a row makes resources of the types ``made`` besides it."""
    homes = {*made, "Claim"}
    kept = columns_with(table, "Claim.item.extension(column)")
    return tuple(
        name
        for name, column in TABLES[table].columns.items()
        if name in kept or (column.targets and not any(target.partition(".")[0] in homes for target in column.targets))
    )
