"""Invariants of the specification that are checked without FHIRPath, for speed or for the sense behind their text.

https://hl7.org/fhir/R4/conformance-rules.html#constraints
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance import temporal
from profiles.validation.scope import Scope, objects

Native = Callable[[Any, str, Any, Scope], bool | None]

#: Checked by the nodes and by the rules about contained resources and references.
NATIVELY_ELSEWHERE = frozenset(
    {"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "ref-1", "txt-1", "txt-2"}
)


def _needs(name: str, other: str) -> Native:
    """``name`` may only be there with ``other``."""

    def holds(value: Any, type_name: str, twin: Any, scope: Scope) -> bool:  # noqa: ARG001
        return not _has(value, name) or _has(value, other)

    return holds


def _has(value: dict[str, Any], name: str) -> bool:
    return name in value or f"_{name}" in value


def _period(value: Any, type_name: str, twin: Any, scope: Scope) -> bool:  # noqa: ARG001
    """The end is not before the start; partial dates are compared by all that they may mean."""
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return True
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


#: (key, expression) -> check.
NATIVE: dict[tuple[str, str], Native] = {
    ("per-1", "start.hasValue().not() or end.hasValue().not() or (start <= end)"): _period,
    ("att-1", "data.empty() or contentType.exists()"): _needs("data", "contentType"),
    (
        "bdl-7",
        "(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()",
    ): _distinct_urls,
    ("bdl-8", "fullUrl.contains('/_history/').not()"): _without_version,
    ("cpt-2", "value.empty() or system.exists()"): _needs("value", "system"),
    ("qty-3", "code.empty() or system.exists()"): _needs("code", "system"),
}
