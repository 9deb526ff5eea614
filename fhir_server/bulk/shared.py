"""Resources that many visits share, merged in the writer: Patient, Organization, Practitioner and the like.

Contributions of a batch are merged with each other and with what is current, and written before the visits that refer
to them. Each is written with the version that it was merged from, so that a change made meanwhile by anyone refuses
it and it is merged again. What a merge does not change is not written. Merging is idempotent, so a batch that ends
between the two is simply done again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.json_codec import decode
from fhir_server.bulk import messages
from fhir_server.bulk.translate import Translated
from fhir_server.repository.prepare import STAMPED, prepare
from fhir_server.search import Indexer
from fhir_server.store.protocol import Expect, Key, Store, Version, Write
from mappers.merge import conflicts, merge, normal
from mappers.units import MapIssue

Resource = dict[str, Any]

#: Decoded resources kept between batches; each is used only while it is still the current version.
_HOT = 500


@dataclass(frozen=True, slots=True)
class State:
    """What is current of a resource."""

    version: int
    resource: Resource


@dataclass(frozen=True, slots=True)
class Merged:
    """What the contributions of a batch come to."""

    writes: tuple[Write, ...]
    before: Mapping[Key, State]
    """What the contributions were merged with."""
    after: Mapping[Key, State]
    """What is current once these writes are done."""
    unchanged: int
    """Contributions that say nothing new."""


class Shared:
    """Merges the contributions of one batch after another."""

    def __init__(self, store: Store, indexer: Indexer) -> None:
        self._store, self._indexer = store, indexer
        self._hot: OrderedDict[int, Resource] = OrderedDict()

    async def merged(self, pending: Mapping[Key, Resource], flying: Mapping[Key, State]) -> Merged:
        """The writes for these contributions; ``flying`` is what will be current though it is not stored yet."""
        before = {key: flying[key] for key in pending if key in flying}
        before |= await self._states(key for key in pending if key not in flying)
        found = [self._write(resource, before.get(key)) for key, resource in pending.items()]
        changes = [change for change in found if change]
        after = {write.key: state for write, state in changes}
        return Merged(tuple(write for write, _ in changes), before, after, len(pending) - len(changes))

    def _write(self, resource: Resource, state: State | None) -> tuple[Write, State] | None:
        """The write that a contribution needs, and the state that it leads to."""
        if state is None:
            return self._foreseen(resource, Expect.ABSENT)
        merged = merge(state.resource, resource)
        return None if merged == state.resource else self._foreseen(merged, state.version)

    def _foreseen(self, resource: Resource, expect: int) -> tuple[Write, State]:
        return prepare(resource, self._indexer, expect=expect), State(foreseen(expect), resource)

    async def _states(self, keys: Iterable[Key]) -> dict[Key, State]:
        found = await self._store.read_many(sorted(keys))
        return {version.key: State(version.version_id, self._decoded(version)) for version in found}

    def _decoded(self, version: Version) -> Resource:
        resource = self._hot.pop(version.vid, None) or _unstamped(decode(version.body))
        self._hot[version.vid] = resource
        if len(self._hot) > _HOT:
            self._hot.popitem(last=False)
        return resource


def foreseen(expect: int) -> int:
    """The version that a write with this expectation makes, if all goes as expected."""
    return 1 if expect == Expect.ABSENT else expect + 1


def contributions(units: Iterable[Translated]) -> dict[Key, Resource]:
    """What all units together say of each shared resource."""
    found: dict[Key, Resource] = {}
    for unit in units:
        for resource in unit.shared:
            key = _key(resource)
            found[key] = merge(found[key], resource) if key in found else normal(resource)
    return found


def contradictions(units: Iterable[Translated], states: Mapping[Key, State]) -> Iterable[MapIssue]:
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
