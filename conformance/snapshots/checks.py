"""What a differential may not do to its base: a profile narrows and never widens.

https://hl7.org/fhir/R4/profiling.html#limitations
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.issues import Message
from conformance.snapshots import messages

Raw = Mapping[str, Any]
Finding = tuple[Message, dict[str, object]]

_STRENGTHS = ("example", "preferred", "extensible", "required")
#: Types that stand for any resource or element.
_GENERAL = frozenset({"Resource", "DomainResource", "Element", "BackboneElement"})
_NO_LIMIT = float("inf")


def widenings(base: Raw, stated: Raw) -> Iterator[Finding]:
    """Each statement that allows more than ``base`` does, as a message with its parameters."""
    for check in _CHECKS:
        yield from check(base, stated)


def number(maximum: str) -> float:
    """``*`` as infinity, any other maximum as it is."""
    return _NO_LIMIT if maximum == "*" else int(maximum)


def _min(base: Raw, stated: Raw) -> Iterator[Finding]:
    if stated.get("min", base.get("min", 0)) < base.get("min", 0):
        yield messages.MIN_WIDENED, {"stated": stated["min"], "base": base["min"]}


def _max(base: Raw, stated: Raw) -> Iterator[Finding]:
    limit = base.get("max", "*")
    if number(stated.get("max", limit)) > number(limit):
        yield messages.MAX_WIDENED, {"stated": stated["max"], "base": limit}


def _types(base: Raw, stated: Raw) -> Iterator[Finding]:
    allowed = {type_code(entry) for entry in base.get("type", ())}
    if not allowed or allowed & _GENERAL:
        return
    for entry in stated.get("type", ()):
        if type_code(entry) not in allowed:
            yield messages.TYPE_WIDENED, {"stated": entry["code"], "base": ", ".join(sorted(allowed))}


def type_code(entry: Raw) -> str:
    """The code of a type; the primitive behind a FHIRPath system type where an extension names it."""
    named = (part.get("valueUrl") or part.get("valueUri") for part in entry.get("extension", ()))
    return next((name for name in named if name), None) or str(entry["code"])


def _binding(base: Raw, stated: Raw) -> Iterator[Finding]:
    if "binding" not in base or "binding" not in stated:
        return
    was, now = base["binding"]["strength"], stated["binding"].get("strength", "required")
    if was == "required" and _STRENGTHS.index(now) < _STRENGTHS.index(was):
        yield messages.BINDING_WIDENED, {"stated": now, "base": was}


_CHECKS: tuple[Callable[[Raw, Raw], Iterator[Finding]], ...] = (_min, _max, _types, _binding)
