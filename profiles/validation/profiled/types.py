"""The types that a profile allows for an element. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from conformance.definitions import Element
from profiles import messages
from profiles.validation.findings import Findings, joined, one
from profiles.validation.profiled.checks import Accepts, ItemCheck, ValueCheck, accepting, anything
from profiles.validation.profiled.items import Item
from profiles.validation.profiled.specs import Spec
from profiles.validation.scope import Scope
from profiles.validation.structures import Structures

#: Elements of these types hold what the definition of their own path says.
_STRUCTURAL = frozenset({"BackboneElement", "Element", ""})


def type_check(spec: Spec, known: Element | None, structures: Structures) -> Iterator[ItemCheck]:
    """The check of the type of an item, where the definition leaves a choice or names a resource."""
    codes = spec.type_codes
    allowed = frozenset(codes)
    if allowed & _STRUCTURAL or not all(map(structures.is_known_type, allowed)):
        return
    if not spec.is_choice and not any(map(structures.is_resource, allowed)):
        return
    if known is not None and allowed.issuperset(ref.code for ref in known.types):
        return  # checked with the type
    text = ", ".join(codes)
    profile = spec.profile.title

    def is_allowed(type_name: str) -> bool:
        return type_name in allowed or any(structures.is_a(type_name, code) for code in allowed)

    def check(item: Item, scope: Scope) -> Findings:  # noqa: ARG001
        if is_allowed(item.type):
            return None
        return one(messages.TYPE_NOT_ALLOWED, found=item.type, allowed=text, profile=profile)

    def accepts(type_name: str) -> Accepts | None:
        return anything if is_allowed(type_name) else None

    yield ValueCheck(check, accepts)


def only_typed(types: tuple[ItemCheck, ...], checks: tuple[ItemCheck, ...]) -> tuple[ItemCheck, ...]:
    """The checks; a wrong type is all that is told about an item that has one."""
    if not types:
        return checks

    def checked(item: Item, scope: Scope) -> Findings:
        found: Findings = None
        for check in types:
            found = joined(found, check(item, scope))
        for check in () if found else checks:
            found = joined(found, check(item, scope))
        return found

    return (ValueCheck(checked, partial(accepting, (*types, *checks))),)
