"""SearchParameter resources that are in force: those that the last ``$reindex`` has indexed for.

One that is merely stored is not searched by, as what was stored before it has no entries of it.
https://hl7.org/fhir/R4/searchparameter.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.json_codec import decode, decode_value, encode
from fhir_server.store.protocol import Record, Store

SPACE, NAME = "search-parameters", "in-force"
#: What ``in_force`` gives where nothing is.
NONE = b"[]"
_TYPE = "SearchParameter"


async def in_force(store: Store) -> bytes:
    """What is in force, as ``parameters_of`` reads it: the same bytes mean the same parameters."""
    return await store.record(SPACE, NAME) or NONE


def parameters_of(kept: bytes) -> list[dict[str, Any]]:
    """The resources."""
    found: list[dict[str, Any]] = decode_value(kept)
    return found


def record_of(parameters: Sequence[dict[str, Any]]) -> Record:
    """The record that puts these in force, and no other."""
    return Record(SPACE, NAME, encode(list(parameters)))


async def wanted(store: Store, types: Sequence[str]) -> list[dict[str, Any]]:
    """What is to be in force once resources of these types (none: all) are indexed anew: active and of these types.

    With types, what concerns others stays as it is.
    """
    position = await store.position()
    active = [
        row
        async for chunk in store.scan((_TYPE,), position)
        for row in (decode(version.body) for version in chunk)
        if row.get("status") == "active" and (not types or set(row.get("base", ())) <= set(types))
    ]
    urls = {row.get("url") for row in active}
    others = [] if not types else parameters_of(await in_force(store))
    kept = [row for row in others if row.get("url") not in urls and not set(row.get("base", ())) <= set(types)]
    return sorted([*kept, *active], key=lambda row: (str(row.get("url")), str(row.get("id"))))
