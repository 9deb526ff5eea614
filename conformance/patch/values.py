"""Decoded JSON as JSON Patch looks at it: copies, sizes, equality. https://www.rfc-editor.org/rfc/rfc6902#section-4.6

Everything recurses: what the JSON codec reads is never nested deeper than its ``MAX_DEPTH``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def copied(value: Any) -> Any:
    """``value`` with objects and lists of its own; numbers keep their digits."""
    kind = type(value)
    if kind is dict:
        return {name: copied(inner) for name, inner in value.items()}
    return [copied(inner) for inner in value] if kind is list else value


def size(value: Any) -> int:
    """The number of values in ``value``, itself included."""
    return 1 + sum(map(size, _inside(value)))


def depth(value: Any) -> int:
    """Levels of objects and lists; 0 for a scalar."""
    if type(value) not in (dict, list):
        return 0
    return 1 + max(map(depth, _inside(value)), default=0)


def _inside(value: Any) -> Any:
    if type(value) is dict:
        return value.values()
    return value if type(value) is list else ()


def is_same(one: Any, other: Any) -> bool:
    """Equality of JSON values: numbers by value whatever their digits, true and 1 are different."""
    kind = _kind(one)
    if kind is not _kind(other):
        return False
    if kind is dict:
        return one.keys() == other.keys() and all(is_same(inner, other[name]) for name, inner in one.items())
    if kind is list:
        return len(one) == len(other) and all(map(is_same, one, other))
    return bool(one == other)


def _kind(value: Any) -> type:
    return Decimal if type(value) in (int, float) else type(value)
