"""Elements that repeat: JSON arrays, and the twin array of a primitive (``given`` and ``_given``).

https://hl7.org/fhir/R4/json.html#primitive
"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, is_full, joined, one, stopped, under
from profiles.validation.node import Leaf, Rule
from profiles.validation.scope import Scope


def each(rule: Rule) -> Rule:
    """Applies ``rule`` to every item of an array."""

    def listed(items: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        if not isinstance(items, list) or not items:
            return _not_a_list(items)
        found: Findings = None
        for position, item in enumerate(items):
            problem = rule(item, owner, scope)
            if problem:
                found = joined(found, under(position, problem))
                if is_full(found):
                    return stopped(found)
        return found

    return listed


def each_leaf(leaf: Leaf, rule: Rule) -> Rule:
    """The rule of an array of primitives, asked only when the quick answer for an item is not that all is well."""

    def listed(items: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        try:
            if isinstance(items, list) and items and all([leaf(item) is None for item in items]):  # noqa: C419 - faster
                return None
        except TypeError:  # a list or an object in the place of a primitive
            pass
        return rule(items, owner, scope)

    return listed


def each_primitive(name: str, rule: Rule) -> Rule:
    """Applies ``rule`` to every item of an array of primitives; null needs content in the twin array."""
    twin = name[1:] if name.startswith("_") else f"_{name}"

    def listed(items: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        if not isinstance(items, list) or not items:
            return _not_a_list(items)
        found: Findings = None
        for position, item in enumerate(items):
            problem = _null_item(owner.get(twin), position, twin) if item is None else rule(item, owner, scope)
            if problem:
                found = joined(found, under(position, problem))
                if is_full(found):
                    return stopped(found)
        return found

    return listed


def aligned(name: str, rule: Rule) -> Rule:
    """The rule of ``_name``, which also says when both arrays have different lengths."""

    def checked(items: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        found = rule(items, owner, scope)
        values = owner.get(name)
        if isinstance(values, list) and isinstance(items, list) and len(values) != len(items):
            params = {"name": name, "length": len(values), "other": f"_{name}", "other_length": len(items)}
            return joined(found, one(messages.UNEQUAL_ARRAYS, **params))
        return found

    return checked


def counted(rule: Rule, path: str, least: int, most: int | None) -> Rule:
    """The rule, with a count of the items of an array."""

    def checked(items: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        found = rule(items, owner, scope)
        if not isinstance(items, list) or not items:
            return found
        if len(items) < least:
            found = joined(found, one(messages.TOO_FEW, path=path, min=least, found=len(items)))
        if most is not None and len(items) > most:
            found = joined(found, one(messages.TOO_MANY, path=path, max=most, found=len(items)))
        return found

    return checked


def _not_a_list(items: Any) -> Findings:
    if items is None:
        return one(messages.NULL)
    return one(messages.EMPTY_ARRAY) if isinstance(items, list) else one(messages.ARRAY_EXPECTED)


def valued(name: str, rule: Rule) -> Rule:
    """The rule of ``_name``, which says when there is nothing but an id: no value, and nothing in its place (ele-1)."""

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        found = rule(item, owner, scope)
        if found or owner.get(name) is not None or not isinstance(item, dict) or item.keys() != {"id"}:
            return found
        return one(messages.ID_ONLY)

    return checked


def _null_item(twin_items: Any, position: int, twin: str) -> Findings:
    content = twin_items[position] if isinstance(twin_items, list) and position < len(twin_items) else None
    has_twin = content is not None and not (isinstance(content, dict) and content.keys() == {"id"})
    return None if has_twin else one(messages.NULL_ITEM, other=twin)
