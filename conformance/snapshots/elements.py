"""One ElementDefinition over another: which statement replaces, which adds.

https://hl7.org/fhir/R4/profiling.html#resources, https://hl7.org/fhir/R4/elementdefinition.html#interpretation
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Raw = Mapping[str, Any]
_Merge = Callable[[Any, Any], Any]

#: What follows from the place in the tree and is never inherited by merging.
PLACE = frozenset({"id", "path", "sliceName"})
#: At most one of these on an element: a new one drives out the old one whatever its type.
_CHOICES = ("fixed", "pattern", "defaultValue", "minValue", "maxValue")
_MORE = "..."


def merge_element(base: Raw, stated: Raw) -> dict[str, Any]:
    """The ElementDefinition that results when ``stated`` constrains ``base``."""
    merged = {key: value for key, value in base.items() if not _is_driven_out(key, stated)}
    for key, value in stated.items():
        if key in PLACE or key == "base":
            continue
        merged[key] = _RULES[key](merged[key], value) if key in merged and key in _RULES else value
    return merged


def with_sources(raw: Raw, url: str) -> Raw:
    """The same, each constraint naming the structure that states it."""
    constraints = raw.get("constraint", ())
    if all("source" in entry for entry in constraints):
        return raw
    return {**raw, "constraint": [entry if "source" in entry else {**entry, "source": url} for entry in constraints]}


def _is_driven_out(key: str, stated: Raw) -> bool:
    stem = next((stem for stem in _CHOICES if key.startswith(stem)), None)
    return stem is not None and key not in stated and any(other.startswith(stem) for other in stated)


def _united(*names: str) -> _Merge:
    """Both lists; an entry that agrees with an earlier one in all these names replaces it where that stood."""

    def key(entry: Any) -> Any:
        return tuple(entry.get(name) for name in names) if names else entry

    def unite(base: Sequence[Any], stated: Sequence[Any]) -> list[Any]:
        keys = [key(entry) for entry in base]
        entries = list(base)
        for entry in stated:
            if key(entry) in keys:
                entries[keys.index(key(entry))] = entry
            else:
                entries.append(entry)
        return entries

    return unite


def _constraints(base: Sequence[Raw], stated: Sequence[Raw]) -> list[Raw]:
    """Both; a restated invariant keeps the structure that it comes from."""
    entries = {entry["key"]: entry for entry in base}
    for entry in stated:
        source = entries.get(entry["key"], entry).get("source")
        entries[entry["key"]] = {**entry, "source": source} if source else entry
    return list(entries.values())


def _extensions(base: Sequence[Raw], stated: Sequence[Raw]) -> list[Raw]:
    urls = {entry["url"] for entry in stated}
    return [*(entry for entry in base if entry["url"] not in urls), *stated]


def _text(base: str, stated: str) -> str:
    """The stated text; one that begins with three dots continues the base's."""
    continues = stated.startswith(_MORE) and stated != base
    return f"{base}\r\n{stated.removeprefix(_MORE)}" if continues else stated


def _binding(base: Raw, stated: Raw) -> Raw:
    return stated if "valueSet" in stated or "valueSet" not in base else {**stated, "valueSet": base["valueSet"]}


def _types(base: Sequence[Raw], stated: Sequence[Raw]) -> list[Raw]:
    """The stated types; one without profiles keeps those that the base asks for, as nothing may be loosened."""
    known = {entry["code"]: entry for entry in reversed(base)}
    return [
        {**entry, **_kept_profiles(known[entry["code"]], entry)} if entry["code"] in known else entry
        for entry in stated
    ]


def _kept_profiles(base: Raw, stated: Raw) -> dict[str, Any]:
    return {key: base[key] for key in ("profile", "targetProfile") if key in base and key not in stated}


_RULES: Mapping[str, _Merge] = {
    "extension": _extensions,
    "code": _united("system", "code"),
    "alias": _united(),
    "condition": _united(),
    "constraint": _constraints,
    "mapping": _united("identity", "map"),
    "example": _united("label"),
    "definition": _text,
    "comment": _text,
    "requirements": _text,
    "binding": _binding,
    "type": _types,
}
