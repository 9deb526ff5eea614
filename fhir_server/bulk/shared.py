"""Resources that many visits share, merged in the writer: Patient, Organization, Practitioner and the like.

Contributions of a batch are merged with each other and with what is current, and written before the visits that refer
to them. Each is written with the version that it was merged from, so that a change made meanwhile by anyone refuses
it and it is merged again. What a merge does not change is not written. Merging is idempotent, so a batch that ends
between the two is simply done again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.errors import Unavailable
from conformance.json_codec import decode
from fhir_server.bulk import messages
from fhir_server.bulk.tally import Tally
from fhir_server.bulk.translate import Translated
from fhir_server.repository.prepare import STAMPED, prepare
from fhir_server.search import Indexer
from fhir_server.store.protocol import Expect, Key, Refusal, Store, Unit, Version, Write
from mappers.merge import conflicts, merge, normal
from mappers.units import MapIssue

Resource = dict[str, Any]

#: Decoded resources kept between batches; each is used only while it is still the current version.
_HOT = 500

#: How often a resource is merged anew when others keep changing it.
_TRIES = 8


@dataclass(frozen=True, slots=True)
class State:
    """What is current of a resource."""

    version: int
    resource: Resource


class Shared:
    """Merges the contributions of one batch after another."""

    def __init__(self, store: Store, indexer: Indexer, tally: Tally) -> None:
        self._store, self._indexer, self._tally = store, indexer, tally
        self._hot: OrderedDict[int, Resource] = OrderedDict()

    async def write(self, units: Sequence[Translated]) -> None:
        """Merge and write what these units contribute. Raises Unavailable when others never let it."""
        pending = _contributions(units)
        for attempt in range(_TRIES):
            states = await self._states(pending)
            if attempt == 0:
                self._tally.note(_contradictions(units, states))
            pending = await self._written(pending, states)
            if not pending:
                return
        raise Unavailable.of(messages.CONTENDED, value=", ".join(map(str, pending)), tries=_TRIES)

    async def _written(self, pending: dict[Key, Resource], states: dict[Key, State]) -> dict[Key, Resource]:
        """Write what changes; the contributions whose resource was changed by others meanwhile."""
        found = (self._merged(resource, states.get(key)) for key, resource in pending.items())
        writes = [write for write in found if write]
        outcomes = await self._store.transact([Unit((write,)) for write in writes])
        refused = {}
        for write, outcome in zip(writes, outcomes, strict=True):
            if isinstance(outcome, Refusal):
                refused[write.key] = pending[write.key]
            else:
                self._tally.written(outcome)
        self._tally.unchanged += len(pending) - len(writes)
        return refused

    def _merged(self, resource: Resource, state: State | None) -> Write | None:
        if state is None:
            return prepare(resource, self._indexer, expect=Expect.ABSENT)
        merged = merge(state.resource, resource)
        return None if merged == state.resource else prepare(merged, self._indexer, expect=state.version)

    async def _states(self, keys: Iterable[Key]) -> dict[Key, State]:
        found = await self._store.read_many(sorted(keys))
        return {version.key: State(version.version_id, self._decoded(version)) for version in found}

    def _decoded(self, version: Version) -> Resource:
        resource = self._hot.pop(version.vid, None) or _unstamped(decode(version.body))
        self._hot[version.vid] = resource
        if len(self._hot) > _HOT:
            self._hot.popitem(last=False)
        return resource


def _contributions(units: Iterable[Translated]) -> dict[Key, Resource]:
    """What all units together say of each shared resource."""
    found: dict[Key, Resource] = {}
    for unit in units:
        for resource in unit.shared:
            key = _key(resource)
            found[key] = merge(found[key], resource) if key in found else normal(resource)
    return found


def _contradictions(units: Iterable[Translated], states: dict[Key, State]) -> Iterable[MapIssue]:
    """Where a unit says of a person what cannot be true together with what is known, or was said in this batch."""
    known = {key: state.resource for key, state in states.items() if key.type == "Patient"}
    for unit in units:
        for resource in (row for row in unit.shared if row["resourceType"] == "Patient"):
            yield from _contradiction(unit, known.get(_key(resource), resource), resource)
            known.setdefault(_key(resource), resource)


def _contradiction(unit: Translated, known: Resource, said: Resource) -> Iterable[MapIssue]:
    for element, before, now in conflicts(known, said):
        yield MapIssue.of(
            messages.CONTRADICTION,
            file=unit.raw.file,
            hoso=unit.raw.hoso,
            ma_lk=unit.ma_lk,
            table="Patient",
            field=f"Patient.{element}",
            value=now,
            known=before,
            key=said["id"],
        )


def _key(resource: Resource) -> Key:
    return Key(resource["resourceType"], resource["id"])


def _unstamped(resource: Resource) -> Resource:
    """The resource as it was merged: without the stamp of the store."""
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in STAMPED}
    rest = {name: value for name, value in resource.items() if name != "meta"}
    return {**rest, "meta": meta} if meta else rest
