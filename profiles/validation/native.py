"""Invariants of the specification that are checked without FHIRPath, for speed or for the sense behind their text.

https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from conformance import temporal
from profiles.validation.node import Concerns
from profiles.validation.scope import Scope, objects

Native = Callable[[Any, str, Any, Scope], bool | None]

#: Checked by the nodes and by the rules about contained resources and references.
NATIVELY_ELSEWHERE = frozenset(
    {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "ref-1", "txt-1", "txt-2"}
)


#: Where the fraction of a second and the zone begin in a dateTime.
_ZONE = len("2024-01-31T12:00:00")


def _needs(name: str, other: str) -> tuple[Native, Concerns]:
    """``name`` may only be there with ``other``."""

    def breaks(names: Collection[str]) -> bool:
        return _has(names, name) and not _has(names, other)

    def holds(value: Any, type_name: str, twin: Any, scope: Scope) -> bool:  # noqa: ARG001
        return not breaks(value)

    return holds, breaks


def _has(names: Collection[str], name: str) -> bool:
    return name in names or f"_{name}" in names


def _period(value: Any, type_name: str, twin: Any, scope: Scope) -> bool:  # noqa: ARG001
    """The end is not before the start; partial dates are compared by all that they may mean."""
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    if start <= end and start[_ZONE:] == end[_ZONE:]:
        return True  # texts of one form stand in the order of time
    try:
        return temporal.interval(start)[0] < temporal.interval(end)[1]
    except ValueError:
        return True  # told about by the primitive


def _distinct_urls(value: Any, type_name: str, twin: Any, scope: Scope) -> bool:  # noqa: ARG001
    """No two entries have the same fullUrl and version, except in a history."""
    if value.get("type") == "history":
        return True
    seen: set[tuple[Any, Any]] = set()
    for entry in objects(value.get("entry")):
        resource = entry.get("resource")
        meta = resource.get("meta") if isinstance(resource, dict) else None
        url = entry.get("fullUrl")
        key = (url, str(meta.get("versionId")) if isinstance(meta, dict) else None)
        if isinstance(url, str) and key in seen:
            return False
        if isinstance(url, str):
            seen.add(key)
    return True


def _without_version(value: Any, type_name: str, twin: Any, scope: Scope) -> bool:  # noqa: ARG001
    url = value.get("fullUrl")
    return not isinstance(url, str) or "/_history/" not in url


def _having(*names: str) -> Concerns:
    """Concerns objects that have all of these."""
    return lambda present: all(name in present for name in names)


#: (key, expression) -> check, and the objects that it concerns.
NATIVE: dict[tuple[str, str], tuple[Native, Concerns]] = {
    ("per-1", "start.hasValue().not() or end.hasValue().not() or (start <= end)"): (_period, _having("start", "end")),
    ("att-1", "data.empty() or contentType.exists()"): _needs("data", "contentType"),
    (
        "bdl-7",
        "(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()",
    ): (_distinct_urls, _having("entry")),
    ("bdl-8", "fullUrl.contains('/_history/').not()"): (_without_version, _having("fullUrl")),
    ("cpt-2", "value.empty() or system.exists()"): _needs("value", "system"),
    ("qty-3", "code.empty() or system.exists()"): _needs("code", "system"),
}
