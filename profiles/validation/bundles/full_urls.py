"""The fullUrl of entries: present, absolute, and that of the resource. https://hl7.org/fhir/R4/bundle.html#bundle-unique"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from profiles import messages
from profiles.validation.addresses import Address
from profiles.validation.findings import Findings, joined, one, quoted, under
from profiles.validation.scope import Scope

#: Bundles whose entries may have no identity yet, or none at all.
_WITHOUT = frozenset({"transaction", "batch", "transaction-response", "batch-response"})


def check_full_urls(bundle: dict[str, Any], scope: Scope, is_resource: Callable[[str], bool]) -> Findings:
    """What is wrong with the fullUrls."""
    may_lack = str(bundle.get("type")) in _WITHOUT
    found: Findings = None
    for position, entry in enumerate(scope.index_of(bundle).entries):
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            continue
        problem = _entry(entry.get("fullUrl"), resource, is_resource, may_lack=may_lack)
        if problem:
            found = joined(found, under("entry", under(position, problem)))
    return found


def _entry(url: Any, resource: dict[str, Any], is_resource: Callable[[str], bool], *, may_lack: bool) -> Findings:
    if url is None:
        return None if may_lack else one(messages.FULL_URL_MISSING)
    if not isinstance(url, str):
        return None
    if ":" not in url:
        return one(messages.FULL_URL_RELATIVE, "fullUrl", url=quoted(url))
    address = Address.of(url)
    if not is_resource(address.type) or not url.startswith(("http:", "https:")):
        return None
    type_name, name = resource.get("resourceType"), resource.get("id")
    if name is None:
        return None if may_lack else one(messages.FULL_URL_WITHOUT_ID, "fullUrl", url=quoted(url))
    if (address.type, address.id) == (type_name, name):
        return None
    return one(messages.FULL_URL_DIFFERS, "fullUrl", url=quoted(url), expected=quoted(f"{type_name}/{name}"))
