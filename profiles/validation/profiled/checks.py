"""Checks of one item, and the quick answer that some of them give.

Nearly all values are well. Where all that a profile says of an element depends on nothing but the value, one question
answers that, and no item need be made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeAlias

from profiles.validation.findings import Findings
from profiles.validation.profiled.items import Item
from profiles.validation.scope import Scope

#: Checks one item: fixed values, bindings, type profiles, invariants.
ItemCheck: TypeAlias = Callable[[Item, Scope], Findings]

#: True for a value of which nothing is wrong; False says nothing.
Accepts: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """An ItemCheck that asks for nothing but the value and its type, so that it can say quickly that all is well."""

    check: ItemCheck
    accepts: Callable[[str], Accepts | None]
    """What it accepts of a type, None when nothing of it is accepted beforehand."""

    def __call__(self, item: Item, scope: Scope) -> Findings:
        """See ``ItemCheck``."""
        return self.check(item, scope)


def accepting(checks: Collection[ItemCheck], type_name: str) -> Accepts | None:
    """What all these checks accept of a type, None when some of them look at more."""
    asked: list[Accepts] = []
    for check in checks:
        accepts = check.accepts(type_name) if isinstance(check, ValueCheck) else None
        if accepts is None:
            return None
        if accepts is not anything:
            asked.append(accepts)
    if len(asked) > 1:
        return lambda value: all([accepts(value) for accepts in asked])  # noqa: C419 - there are few
    return asked[0] if asked else anything


def anything(value: Any) -> bool:  # noqa: ARG001 - an Accepts
    """Accepts all values."""
    return True
