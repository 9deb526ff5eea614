"""Which versions a caller may see. https://hl7.org/fhir/R4/security-labels.html"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fhir_server.store.protocol import Key, Store, Version
from fhir_server.store.query import ALL, And, Ids, Predicate, Query

_CHUNK = 500


def narrowed(where: Predicate, visible: Predicate) -> Predicate:
    """``where`` on what is visible."""
    return where if visible == ALL else And((where, visible))


async def visible_keys(store: Store, keys: Iterable[Key], visible: Predicate, position: int | None) -> set[Key]:
    """Those of ``keys`` whose current version at ``position`` is visible; the deleted only when everything is."""
    wanted = set(keys)
    if visible == ALL:
        return wanted
    by_type: dict[str, list[str]] = {}
    for key in sorted(wanted):
        by_type.setdefault(key.type, []).append(key.id)
    found: set[Key] = set()
    for name, ids in by_type.items():
        for start in range(0, len(ids), _CHUNK):
            chunk = frozenset(ids[start : start + _CHUNK])
            query = Query((name,), And((Ids(chunk), visible)))
            page = await store.search(query, limit=len(chunk), position=position)
            found.update(version.key for version in page.versions)
    return found


async def only_visible(
    store: Store, versions: Sequence[Version], visible: Predicate, position: int | None
) -> list[Version]:
    """Those of ``versions`` whose resource is visible at ``position``."""
    if visible == ALL:
        return list(versions)
    keys = await visible_keys(store, (version.key for version in versions), visible, position)
    return [version for version in versions if version.key in keys]
