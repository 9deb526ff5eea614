"""The last step of a load: a batch goes into the store, what its visits share before the visits themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fhir_server.bulk import ledger, wire
from fhir_server.bulk.shared import foreseen
from fhir_server.bulk.tally import Changes
from fhir_server.bulk.translate import Translated
from fhir_server.store.protocol import Key, Outcome, Refusal, Store, Unit, Write, Written

#: Kept when a re-send no longer holds them: they tell what was submitted.
_LASTING = ("Provenance",)

#: A submission and what the ledger has of its visit.
Judged: TypeAlias = tuple[Translated, ledger.Entry | None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What is applied in one go."""

    shared: bytes
    """Merged resources as ``wire.pack`` writes them, each with the version that it was merged from."""
    accepted: tuple[Judged, ...]
    refused: tuple[Translated, ...]
    """Units of which the raw piece is all that is kept."""
    age: int
    """The age of the foresight with which it was merged."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch. It is durable."""

    changes: Changes
    age: int
    """The age of foresight from now on."""
    is_whole: bool = True
    """False when no visit of it was applied, because what is shared is not as foreseen."""


class Applier:
    """Applies in this process, one batch after the other.

    A batch may be merged with what earlier ones will have written. When that comes otherwise, a new age begins, and no
    batch of an older one is applied: the versions that it was merged from may stand for what someone else wrote.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._age = 0
        self._turn = asyncio.Lock()

    async def __call__(self, batch: Batch) -> Applied:
        """Apply a batch. Raises what the store raises."""
        async with self._turn:
            changes = Changes()
            if batch.age != self._age or not await self._share(wire.unpack(batch.shared), changes):
                return Applied(changes, self._age, is_whole=False)
            units = [Unit(records=(ledger.kept_raw(unit),)) for unit in batch.refused]
            units += [_unit(*pair) for pair in batch.accepted]
            for outcome in await self._store.transact(units):
                changes.written(_accepted(outcome))
            return Applied(changes, self._age)

    async def _share(self, writes: Sequence[Write], changes: Changes) -> bool:
        """Write what is shared; False when any of it was refused."""
        outcomes = await self._store.transact([Unit((write,)) for write in writes])
        made = [outcome for outcome in outcomes if not isinstance(outcome, Refusal)]
        for outcome in made:
            changes.written(outcome)
        foretold = [foreseen(write.expect) for write in writes]
        self._age += [row.version_id for outcome in made for row in outcome] != foretold
        return len(made) == len(writes)


def _accepted(outcome: Outcome) -> tuple[Written, ...]:
    if isinstance(outcome, Refusal):
        raise TypeError(f"a unit without expectations was refused: {outcome}")
    return outcome


def _unit(submission: Translated, known: ledger.Entry | None) -> Unit:
    """The visit's own resources, the deletion of those that it has no more, and its records."""
    own = wire.unpack(submission.writes)
    gone = _deletions(known.members if known else (), own)
    records = ledger.applied(submission, (write.key for write in own))
    return Unit(writes=(*own, *gone), records=records)


def _deletions(members: Iterable[str], writes: Sequence[Write]) -> list[Write]:
    """Deletes of what the earlier submission held and this one does not."""
    kept = {str(write.key) for write in writes}
    lost = (Key(*member.split("/")) for member in members if member not in kept)
    return [Write(key, None) for key in lost if key.type not in _LASTING]
