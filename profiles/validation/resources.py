"""Resources inside resources: Bundle entries, Parameters, and contained ones.

https://hl7.org/fhir/R4/references.html#contained, https://hl7.org/fhir/R4/domainresource.html#invs
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one, quoted, under
from profiles.validation.node import Node, Rule, not_an_object
from profiles.validation.scope import Scope

#: The node of a resource type; None when there is no such concrete type.
FindNode = Callable[[str], Node | None]

#: What dom-4 and dom-5 forbid in the meta of a contained resource.
_FORBIDDEN_META = (("versionId", "dom-4"), ("lastUpdated", "dom-4"), ("security", "dom-5"))


#: Everything that is checked of a resource as a whole, with the profiles that it claims.
CheckResource = Callable[[Any, Scope], Findings]


def any_resource(find: FindNode, check: CheckResource) -> Rule:
    """The rule of an element that holds a resource of any type; it opens a scope of its own."""

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        node, found = node_of(item, find)
        if node is None:
            return found
        url = owner.get("fullUrl")
        return check(item, scope.inside(item, url if isinstance(url, str) else None))

    return checked


def contained_resource(find: FindNode, check: CheckResource) -> Rule:
    """The rule of one contained resource; references in it are those of the resource around it."""

    def checked(item: Any, owner: dict[str, Any], scope: Scope) -> Findings:
        node, found = node_of(item, find)
        if node is None:
            return found
        if not scope.session.options.check_contained:
            return None
        return joined(check(item, scope.contained(item)), _contained_rules(item, owner))

    return checked


def node_of(item: Any, find: FindNode) -> tuple[Node | None, Findings]:
    """The node that checks a resource, or why there is none."""
    if not isinstance(item, dict):
        return None, not_an_object(item, "Resource")
    type_name = item.get("resourceType")
    if type_name is None:
        return None, one(messages.NO_RESOURCE_TYPE)
    node = find(type_name) if isinstance(type_name, str) else None
    return node, None if node else one(messages.UNKNOWN_RESOURCE_TYPE, type=quoted(type_name))


def unique_ids(items: Any, scope: Scope) -> Findings:  # noqa: ARG001 - the shape of the other checks
    """Contained resources with an id that another one before them has."""
    found: Findings = None
    seen: set[str] = set()
    for position, item in enumerate(items if isinstance(items, list) else ()):
        name = item.get("id") if isinstance(item, dict) else None
        if isinstance(name, str):
            if name in seen:
                found = joined(found, under(position, one(messages.CONTAINED_TWICE, "id", id=quoted(name))))
            seen.add(name)
    return found


def _contained_rules(item: dict[str, Any], owner: dict[str, Any]) -> Findings:  # noqa: ARG001
    found: Findings = None
    if "id" not in item:
        found = one(messages.CONTAINED_WITHOUT_ID)
    if "contained" in item:
        found = joined(found, one(messages.CONTAINED_IN_CONTAINED, "contained"))
    meta = item.get("meta")
    for name, key in _FORBIDDEN_META:
        if isinstance(meta, dict) and name in meta:
            found = joined(found, one(messages.CONTAINED_META, "meta", name, name=name, key=key))
    return found
