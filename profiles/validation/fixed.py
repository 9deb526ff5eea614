"""Fixed values and patterns of a profile.

https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
"""

from __future__ import annotations

from typing import Any

from conformance.issues import Message
from profiles import messages
from profiles.validation.findings import Findings, one, quoted
from profiles.validation.node import ItemCheck
from profiles.validation.scope import Scope


def fixed_check(expected: Any) -> ItemCheck:
    """The item must be exactly this."""

    def check(item: Any, scope: Scope) -> Findings:  # noqa: ARG001
        return None if is_same(item, expected) else _differs(messages.NOT_FIXED, expected)

    return check


def pattern_check(expected: Any) -> ItemCheck:
    """The item must contain at least this."""

    def check(item: Any, scope: Scope) -> Findings:  # noqa: ARG001
        return None if is_covered(expected, item) else _differs(messages.NOT_PATTERN, expected)

    return check


def is_same(first: Any, second: Any) -> bool:
    """Equality of decoded JSON, where true is not 1."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(is_same(first[name], second[name]) for name in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(is_same, first, second))
    return bool(first == second)


def is_covered(pattern: Any, value: Any) -> bool:
    """True when ``value`` holds all of ``pattern``; each item of a list pattern needs some item that covers it."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            name in value and is_covered(part, value[name]) for name, part in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(is_covered(part, item) for item in value) for part in pattern)
    return is_same(pattern, value)


def _differs(message: Message, expected: Any) -> Findings:
    return one(message, expected=quoted(expected))
