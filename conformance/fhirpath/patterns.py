"""Regular expressions that run in linear time. https://hl7.org/fhirpath/N1/#matchesregex-string-boolean

Expressions come from profiles and requests, so a pattern that backtracks could stop the server. RE2 has no
backtracking; what it cannot do (look-around, back references) is refused instead of run.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

#: Memory for the automaton of one pattern, in bytes.
_MEMORY = 8 << 20
#: Patterns are kept compiled, but not those of a size nobody writes.
_LONGEST = 10_000


class BadPattern(ValueError):
    """A pattern that RE2 does not take."""

    def __init__(self, pattern: str, detail: str) -> None:
        super().__init__(pattern, detail)
        self.pattern = pattern[:100]
        self.detail = detail


@lru_cache(maxsize=512)
def pattern(text: str) -> Any:
    """The compiled pattern; ``.`` also stands for a line break. Raises BadPattern."""
    if len(text) > _LONGEST:
        raise BadPattern(text, f"longer than {_LONGEST} characters")
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(text, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        raise BadPattern(text, reason.decode() if isinstance(reason, bytes) else str(reason)) from error


_GROUP = re.compile(r"\$(\d)|\$\{([A-Za-z0-9]+)\}|\\(.)", re.DOTALL)


def replacement(text: str) -> Any:
    """What stands for a match: ``$1`` and ``${name}`` are its groups, a backslash takes the next character as it is."""

    def one(match: Any) -> str:
        return _GROUP.sub(lambda mark: _filled(mark, match), text)

    return one


def _filled(mark: re.Match[str], match: Any) -> str:
    number, name, plain = mark.groups()
    if plain is not None:
        return plain
    try:
        return match[int(number)] or "" if number else match[name] or ""
    except (IndexError, KeyError):
        return mark.group()
