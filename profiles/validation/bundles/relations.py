"""Links of a Bundle: pages belong to searches and histories, and each is there once.

https://hl7.org/fhir/R4/bundle.html#bundle-unique, https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

from typing import Any

from profiles import messages
from profiles.validation.findings import Findings, joined, one
from profiles.validation.scope import Scope

#: Links that lead from page to page.
_PAGES = frozenset({"first", "previous", "next", "last"})
#: Types of Bundles that have pages.
_PAGED = frozenset({"searchset", "history"})
_UNIQUE = _PAGES | {"self"}


def check_relations(bundle: dict[str, Any], scope: Scope) -> Findings:  # noqa: ARG001 - a WholeCheck
    """What is wrong with the relations of the links."""
    links, type_name = bundle.get("link"), str(bundle.get("type"))
    met: set[str] = set()
    found: Findings = None
    for position, link in enumerate(links if isinstance(links, list) else ()):
        relation = link.get("relation") if isinstance(link, dict) else None
        if not isinstance(relation, str) or relation not in _UNIQUE:
            continue
        place = ("link", position, "relation")
        if relation in _PAGES and type_name not in _PAGED:
            found = joined(found, one(messages.LINK_NOT_HERE, *place, relation=relation, type=type_name))
        elif relation in met:
            found = joined(found, one(messages.LINK_TWICE, *place, relation=relation))
        met.add(relation)
    return found
