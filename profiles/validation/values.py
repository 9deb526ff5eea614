"""Primitive values, and null or an array in the place of one.

https://hl7.org/fhir/R4/datatypes.html#primitive
"""

from __future__ import annotations

from typing import Any

from conformance.primitives import Check
from profiles import messages
from profiles.validation.findings import Findings, one, quoted
from profiles.validation.node import Rule
from profiles.validation.scope import Scope


def primitive(check: Check) -> Rule:
    """The rule of one value of a primitive type."""

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001
        return None if check(item) is None else _explained(item, check)

    return checked


def _explained(item: Any, check: Check) -> Findings:
    if item is None:
        return one(messages.NULL)
    if isinstance(item, list):
        return one(messages.ARRAY_NOT_ALLOWED)
    message = check(item)
    return one(message, value=quoted(item)) if message else None
