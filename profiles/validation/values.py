"""Primitive values, and null or an array in the place of one.

https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

from typing import Any

from conformance.primitives import Check
from profiles import messages
from profiles.validation.findings import Findings, one, quoted
from profiles.validation.node import Leaf, Rule
from profiles.validation.scope import Scope


def primitive(check: Check) -> Rule:
    """The rule of one value of a primitive type."""

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001
        return None if check(item) is None else _explained(item, check)

    return checked


def one_of(codes: frozenset[str]) -> Leaf:
    """The quick answer for a code of a fully known value set."""

    def outside(item: Any) -> bool | None:
        return None if isinstance(item, str) and item in codes else True

    return outside


def not_allowed(path: str) -> Rule:
    """The rule of an element that a profile takes away."""

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001
        return one(messages.NOT_ALLOWED, path=path)

    return checked


def _explained(item: Any, check: Check) -> Findings:
    if item is None:
        return one(messages.NULL)
    if isinstance(item, list):
        return one(messages.ARRAY_NOT_ALLOWED)
    message = check(item)
    return one(message, value=quoted(item)) if message else None
