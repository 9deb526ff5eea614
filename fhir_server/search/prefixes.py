"""Prefixes of ordered values (``gt``, ``ap`` …). https://hl7.org/fhir/R4/search.html#prefix"""

from __future__ import annotations

import re

from fhir_server.store.query import Comparison

_KNOWN = frozenset(str(comparison) for comparison in Comparison)
_PREFIXED = re.compile(r"([a-z]{2})?(.*)", re.DOTALL)


def prefixed(text: str) -> tuple[Comparison, str] | None:
    """The comparison that ``text`` begins with (``eq`` when it has none) and the rest; None for an unknown prefix."""
    match = _PREFIXED.fullmatch(text)
    if match is None:
        return None
    prefix, rest = match.groups()
    if prefix is None:
        return Comparison.EQ, rest
    return (Comparison(prefix), rest) if prefix in _KNOWN else None
