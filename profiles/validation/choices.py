"""Choice elements ``value[x]``: only one of the types may be present.

https://hl7.org/fhir/R4/formats.html#choice
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one
from profiles.validation.node import Rule
from profiles.validation.scope import Scope


def family(names: Iterable[str]) -> frozenset[str]:
    """All JSON properties of a choice: ``valueString``, ``_valueString`` …"""
    return frozenset(twin for name in names for twin in (name, f"_{name}"))


def only_one(rule: Rule, name: str, relatives: frozenset[str], path: str) -> Rule:
    """The rule of one type of a choice; every type but the first by name is reported.

    ``name`` is the JSON property of this type, ``relatives`` the family of all types. Both forms of a primitive
    (``valueString`` and ``_valueString``) are the same type.
    """

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        found = rule(item, owner, scope)
        if len(owner) < len(relatives):
            present = [key for key in owner if key in relatives]
        else:
            present = [key for key in relatives if key in owner]
        return found if len(present) < 2 else joined(found, _second(name, present, path))

    return checked


def _second(name: str, present: list[str], path: str) -> Findings:
    types = sorted({key.removeprefix("_") for key in present})
    return None if name == types[0] else one(messages.TWO_CHOICES, path=path, found=", ".join(types))
