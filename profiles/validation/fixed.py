"""Fixed values and patterns of a profile.

https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any


def is_same(first: Any, second: Any) -> bool:
    """Equality of decoded JSON, where true is not 1."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(is_same(first[name], second[name]) for name in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(is_same, first, second))
    return bool(first == second)


def expecting(expected: Any, *, exact: bool) -> Callable[[Any], bool]:
    """Whether a value is the same as a fixed one, or covers a pattern."""
    return partial(is_same, expected) if exact and not isinstance(expected, str) else covering(expected)


def covering(pattern: Any) -> Callable[[Any], bool]:
    """Whether a value holds all of ``pattern``; each item of a list pattern needs some item that covers it."""
    if isinstance(pattern, dict):
        return partial(_covers_object, tuple((name, covering(part)) for name, part in pattern.items()))
    if isinstance(pattern, list):
        return partial(_covers_list, tuple(map(covering, pattern)))
    if isinstance(pattern, str):
        return lambda value: bool(value == pattern)
    return partial(is_same, pattern)


def _covers_object(parts: tuple[tuple[str, Callable[[Any], bool]], ...], value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    for name, covers in parts:  # noqa: SIM110 - all() takes twice as long
        if name not in value or not covers(value[name]):
            return False
    return True


def _covers_list(parts: tuple[Callable[[Any], bool], ...], value: Any) -> bool:
    if not isinstance(value, list):
        return False
    return all(any(map(covers, value)) for covers in parts)
