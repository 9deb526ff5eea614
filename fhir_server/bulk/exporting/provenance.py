"""Provenance that goes with what is exported: all of it, or the latest of each resource.

https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters (includeAssociatedData)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from conformance.json_codec import decode
from conformance.temporal import interval
from fhir_server.bulk.exporting.compartments import PROVENANCE
from fhir_server.repository.includes import local_key
from fhir_server.search.places import local
from fhir_server.store.protocol import Key, Store, Version
from fhir_server.store.query import And, Chain, Comparison, Ids, Or, Predicate, Query, ReferenceTerm, Updated

TARGET = "target"
_CHUNK = 200
#: Later than any lastUpdated.
_NEVER = 1 << 62

Groups = Mapping[tuple[str, ...], Predicate]


def about(groups: Groups) -> Predicate:
    """Provenance whose target is in one of these groups."""
    return Or(tuple(Chain(TARGET, types, where) for types, where in groups.items()))


def changed(groups: Groups, since: int | None, until: int | None) -> dict[tuple[str, ...], Predicate]:
    """The same groups with only what was changed from ``since`` on and before ``until``, in microseconds."""
    if since is None and until is None:
        return dict(groups)
    low, high = since or 0, _NEVER if until is None else until
    within = And((Updated(Comparison.GE, low, low + 1), Updated(Comparison.LT, high, high + 1)))
    return {types: And((where, within)) for types, where in groups.items()}


def _recorded(provenance: Version) -> int:
    """When it was recorded, in microseconds: instants of several zones and precisions do not sort as texts."""
    try:
        return interval(str(decode(provenance.body).get("recorded", "")), UTC)[0]
    except ValueError:
        return 0


@dataclass(frozen=True, slots=True)
class Latest:
    """Chooses the Provenance that is the latest, by ``recorded``, of one of the exported resources at least."""

    store: Store
    position: int
    groups: Groups
    base_url: str

    async def __call__(self, versions: Sequence[Version]) -> list[Version]:
        """Those of ``versions``."""
        targets = {version.key: set(self._targets(version)) for version in versions}
        asked = await self._exported(sorted(set().union(*targets.values())))
        latest = set((await self._latest(sorted(asked))).values())
        return [version for version in versions if version.key in latest]

    def _targets(self, version: Version) -> Iterator[Key]:
        for target in decode(version.body).get("target", ()):
            key = local_key(local(str(target.get("reference", "")), self.base_url))
            if key is not None:
                yield key

    async def _exported(self, keys: Sequence[Key]) -> set[Key]:
        found: set[Key] = set()
        for types, where in self.groups.items():
            for name in dict.fromkeys(key.type for key in keys if not types or key.type in types):
                ids = [key.id for key in keys if key.type == name]
                for start in range(0, len(ids), _CHUNK):
                    query = Query((name,), And((Ids(frozenset(ids[start : start + _CHUNK])), where)))
                    page = await self.store.search(query, limit=_CHUNK, position=self.position)
                    found.update(version.key for version in page.versions)
        return found

    async def _latest(self, keys: Sequence[Key]) -> dict[Key, Key]:
        """Target -> its latest Provenance."""
        best: dict[Key, tuple[tuple[int, int], Key]] = {}
        for start in range(0, len(keys), _CHUNK):
            wanted = set(keys[start : start + _CHUNK])
            where = Or(tuple(ReferenceTerm(TARGET, str(key)) for key in wanted))
            async for chunk in self.store.scan((PROVENANCE,), self.position, where=where):
                for version in chunk:
                    rank = (_recorded(version), version.vid), version.key
                    for key in wanted.intersection(self._targets(version)):
                        best[key] = max(best.get(key, rank), rank)
        return {key: provenance for key, (_, provenance) in best.items()}
