"""Deletions in the files of an import: Bundles of DELETE entries, as exports write them with ``_since``.

https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status (deleted). Deleting what is not there changes
nothing, so they may come again. They count where they stand among the lines: what follows may create the resource anew.
"""

from __future__ import annotations

from typing import Any

from conformance.definitions import Definitions
from conformance.errors import InvalidContent
from conformance.issues import Issue
from fhir_server.bulk.importing import messages
from fhir_server.exchange.url import is_id
from fhir_server.store.protocol import Key, Write


def are_deletions(resource: dict[str, Any]) -> bool:
    """True for a transaction Bundle with nothing but DELETE entries."""
    entries = resource.get("entry")
    is_transaction = resource.get("resourceType") == "Bundle" and resource.get("type") == "transaction"
    return is_transaction and isinstance(entries, list) and bool(entries) and all(map(_is_deletion, entries))


def deletions(bundle: dict[str, Any], definitions: Definitions) -> list[Write]:
    """The deletes of a Bundle. Raises InvalidContent with every entry that names no resource."""
    urls = [str(entry["request"].get("url", "")) for entry in bundle["entry"]]
    keys = [_key(url, definitions) for url in urls]
    issues = [
        Issue(messages.BAD_DELETION, f"Bundle.entry[{index}].request.url", {"url": url})
        for index, (url, key) in enumerate(zip(urls, keys, strict=True))
        if key is None
    ]
    if issues:
        raise InvalidContent(*issues)
    return [Write(key, None) for key in keys if key]


def _is_deletion(entry: Any) -> bool:
    request = entry.get("request") if isinstance(entry, dict) else None
    return isinstance(request, dict) and request.get("method") == "DELETE" and "resource" not in entry


def _key(url: str, definitions: Definitions) -> Key | None:
    """``Patient/42``, also below the base of whatever server it was exported from."""
    rest, _, logical_id = url.rpartition("/")
    base, _, type_name = rest.rpartition("/")
    is_named = definitions.is_resource(type_name) and is_id(logical_id) and (not base or "://" in base)
    return Key(type_name, logical_id) if is_named else None
