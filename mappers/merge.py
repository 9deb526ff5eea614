"""Merging what several claims say of the same person, organization or card.

Every fact that can change carries the ``as-of`` extension (time of the visit, day of the file); in each slot the
newest fact wins, so the result does not depend on the order of arrival. Names that were replaced stay with use
``old``; identifiers are never lost. ``merge`` is commutative, associative and, on its own results, idempotent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

Json = dict[str, Any]
#: (time of visit, day of file, canonical JSON): facts are compared by it, the greatest is the newest.
Rank = tuple[str, str, str]

_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number")
_AS_OF = "/ext-as-of"
_UNDATED = ("", "")
_OPEN_USES = ("official", "old")


def merge(a: Json, b: Json) -> Json:
    """Both contributions to one resource as one resource; ValueError when they name different resources."""
    if (a["resourceType"], a["id"]) != (b["resourceType"], b["id"]):
        message = f"{a['resourceType']}/{a['id']} is not {b['resourceType']}/{b['id']}"
        raise ValueError(message)
    if a == b:
        return normal(a)
    merged: Json = {"resourceType": a["resourceType"], "id": a["id"]}
    for name in (a.keys() | b.keys()) - {"resourceType", "id"}:
        if not (name.startswith("_") and _has(name[1:], a, b)):
            _merge_element(merged, name, a, b)
    return _ordered(merged)


def normal(resource: Json) -> Json:
    """The resource in the order that ``merge`` gives it: as ``merge(resource, resource)``, but cheaper."""
    return _ordered(
        {
            name: _LISTS[name](value) if name in _LISTS and isinstance(value, list) and len(value) > 1 else value
            for name, value in resource.items()
        }
    )


def _ordered(resource: Json) -> Json:
    """Type and id first, then the elements by name, each before its ``_`` twin."""
    first = {name: resource[name] for name in ("resourceType", "id")}
    return first | dict(sorted(resource.items(), key=lambda item: (item[0].lstrip("_"), item[0].startswith("_"))))


def conflicts(a: Json, b: Json) -> list[tuple[str, str, str]]:
    """(element, value in a, value in b) where two contributions to one person cannot both be true."""
    found: list[tuple[str, str, str]] = [
        (name, str(a[name]), str(b[name]))
        for name in ("birthDate", "gender")
        if name in a and name in b and not _compatible(str(a[name]), str(b[name]))
    ]
    names_a, names_b = _official(a), _official(b)
    if names_a and names_b and names_a.casefold() != names_b.casefold():
        found.append(("name", names_a, names_b))
    return found


def as_of(value: Any) -> tuple[str, str]:
    """(time of visit, day of file) of the newest ``as-of`` inside a value; empty texts when it has none."""
    newest, open_ = _UNDATED, [value]
    while open_:
        one = open_.pop()
        kind = one.__class__
        if kind is list:
            open_ += one
        elif kind is dict:
            if one.get("url", "").endswith(_AS_OF):
                newest = max(newest, _dates(one))
            else:
                open_ += one.values()
    return newest


def _dates(extension: Json) -> tuple[str, str]:
    parts = {part["url"]: next(v for k, v in part.items() if k != "url") for part in extension["extension"]}
    return (parts.get("visit", ""), parts.get("file", ""))


def _compatible(a: str, b: str) -> bool:
    """A less precise date agrees with a more precise one; an unknown sex with any."""
    return a.startswith(b) or b.startswith(a) or "unknown" in (a, b)


def _official(resource: Json) -> str:
    return next((name.get("text", "") for name in resource.get("name", ()) if name.get("use") == "official"), "")


def _has(name: str, *resources: Json) -> bool:
    return any(name in resource for resource in resources)


def _merge_element(merged: Json, name: str, a: Json, b: Json) -> None:
    values = [resource[name] for resource in (a, b) if name in resource]
    if all(isinstance(value, list) for value in values) and name in _LISTS:
        merged[name] = _LISTS[name]([item for value in values for item in value])
    elif name == "meta":
        merged[name] = _merge_meta(values)
    else:
        _newest_slot(merged, name, a, b)


def _newest_slot(merged: Json, name: str, a: Json, b: Json) -> None:
    """An element and its ``_`` twin travel together."""
    names = (name, f"_{name}")
    slots = [{key: resource[key] for key in names if key in resource} for resource in (a, b) if _has(name, resource)]
    merged.update(slots[0] if slots[0] == slots[-1] else max(slots, key=_rank))


def _rank(value: Any) -> Rank:
    visit, file = as_of(value)
    return visit, file, _ENCODER.encode(value).decode()


def _merge_meta(values: list[Json]) -> Json:
    merged: Json = {}
    for name in sorted({name for value in values for name in value}):
        items = [value[name] for value in values if name in value]
        merged[name] = _union([i for item in items for i in item]) if isinstance(items[0], list) else max(items)
    return merged


def _union(items: Iterable[Any]) -> list[Any]:
    """Each distinct item once, in canonical order."""
    return [item for _, item in sorted({_ENCODER.encode(item): item for item in items}.items())]


def _identifiers(items: list[Json]) -> list[Json]:
    grouped: dict[tuple[str, str], list[Json]] = {}
    for item in items:
        grouped.setdefault((item.get("system", ""), item.get("value", "")), []).append(item)
    return [_one_identifier(group) for _, group in sorted(grouped.items())]


def _one_identifier(group: list[Json]) -> Json:
    if len(group) == 1:
        return group[0]
    periods = [item["period"] for item in group if "period" in item]
    best = max(({k: v for k, v in item.items() if k != "period"} for item in group), key=_rank)
    period: Json = {}
    for bound, choose in (("start", min), ("end", max)):
        known = [value[bound] for value in periods if bound in value]
        if known:
            period[bound] = choose(known)
    return {**best, "period": period} if period else best


def _human_names(items: list[Json]) -> list[Json]:
    """The newest official name first, the others as old ones; names of other uses as they are."""
    apart = [item for item in items if item.get("use") not in _OPEN_USES]
    ranked = _newest_by(lambda name: _ENCODER.encode({**name, "use": "", "extension": []}), (
        {**item, "use": "official"} for item in items if item.get("use") in _OPEN_USES
    ))  # fmt: skip
    return [*ranked[:1], *({**name, "use": "old"} for name in ranked[1:]), *_union(apart)]


def _facts(key: Callable[[Json], object]) -> Callable[[list[Json]], list[Json]]:
    """A merge of a list where items with ``as-of`` compete for the slot ``key``; the others are all kept."""

    def combine(items: list[Json]) -> list[Json]:
        if len({key(item) for item in items}) == len(items):
            return _union(items)
        dated: list[Json] = []
        undated: list[Json] = []
        for item in items:
            (undated if as_of(item) == _UNDATED else dated).append(item)
        return _union([*_newest_by(key, dated), *undated])

    return combine


def _newest_by(key: Callable[[Json], object], items: Iterable[Json]) -> list[Json]:
    """The newest item of each slot, newest slot first."""
    slots: dict[object, tuple[Rank, Json]] = {}
    for item in items:
        ranked = (_rank(item), item)
        slot = key(item)
        if slot not in slots or ranked[0] > slots[slot][0]:
            slots[slot] = ranked
    return [item for _, item in sorted(slots.values(), key=lambda pair: pair[0], reverse=True)]


_LISTS: dict[str, Callable[[list[Json]], list[Json]]] = {
    "identifier": _identifiers,
    "name": _human_names,
    "address": _facts(lambda item: item.get("use", "")),
    "telecom": _facts(lambda item: (item.get("system", ""), item.get("use", ""))),
    "extension": _facts(lambda item: item["url"]),
}
