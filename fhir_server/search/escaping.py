"""Splitting of parameter values and their escapes ``\\,`` ``\\|`` ``\\$`` ``\\\\``.

https://hl7.org/fhir/R4/search.html#escaping
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\([,|$\\])")


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """``text`` cut at each unescaped ``separator`` (at most ``limit`` times); escapes stay in the parts."""
    if "\\" not in text:
        return text.split(separator, limit)
    parts: list[str] = []
    start = at = 0
    while at < len(text) and len(parts) != limit:
        if text[at] == "\\":
            at += 1
        elif text[at] == separator:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    """``text`` with its escapes resolved; a backslash before any other character stands for itself."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text
