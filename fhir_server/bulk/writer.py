"""The one writer of a load: judges each submission on the ledger, merges what is shared, commits in groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from conformance.issues import Message
from fhir_server.bulk import ledger, messages, wire
from fhir_server.bulk.shared import Shared
from fhir_server.bulk.tally import Tally
from fhir_server.bulk.translate import Translated
from fhir_server.search import Indexer
from fhir_server.store.protocol import Key, Refusal, Store, Unit, Write
from mappers.units import MapIssue

#: Kept when a re-send no longer holds them: they tell what was submitted.
_LASTING = ("Provenance",)

#: A submission and what the ledger has of its visit.
Judged: TypeAlias = tuple[Translated, ledger.Entry | None]


class Writer:
    """Applies units to a store and tells the tally."""

    def __init__(self, store: Store, indexer: Indexer, tally: Tally, *, enforce: bool) -> None:
        self._store, self._tally, self._enforce = store, tally, enforce
        self._shared = Shared(store, indexer, tally)

    async def write(self, batch: Sequence[Translated]) -> None:
        """Apply the units of a batch, each whole or not at all; on return they are durable.

        No visit may occur twice in a batch.
        """
        accepted: list[Judged] = []
        refused: list[Translated] = []
        for unit in batch:
            known = await ledger.entry(self._store, unit.key)
            issue = self._refusal(unit, known)
            self._tally.note([issue] if issue else [])
            refused += [unit] if issue else []
            accepted += [] if issue else [(unit, known)]
        await self._keep_raw(refused)
        await self._shared.write([unit for unit, _ in accepted])
        await self._apply(accepted)

    def _refusal(self, unit: Translated, known: ledger.Entry | None) -> MapIssue | None:
        if self._enforce and unit.invalid:
            return _issue(unit, messages.REFUSED, value=str(unit.invalid))
        if known and known.digest != unit.digest and unit.submitted < known.submitted:
            return _issue(unit, messages.OLDER, value=unit.submitted or "?", current=known.submitted)
        return None

    async def _keep_raw(self, units: Iterable[Translated]) -> None:
        await self._store.transact([Unit(records=(ledger.kept_raw(unit),)) for unit in units])

    async def _apply(self, judged: Sequence[Judged]) -> None:
        for outcome in await self._store.transact([_unit(*pair) for pair in judged]):
            if isinstance(outcome, Refusal):
                raise TypeError(f"a unit without expectations was refused: {outcome}")
            self._tally.applied += 1
            self._tally.written(outcome)


def _unit(submission: Translated, known: ledger.Entry | None) -> Unit:
    """The visit's own resources, the deletion of those that it has no more, and its records."""
    own = wire.unpack(submission.writes)
    gone = _deletions(known.members if known else (), own)
    records = ledger.applied(submission, (write.key for write in own))
    return Unit(writes=(*own, *gone), records=records)


def _deletions(members: Iterable[str], writes: Iterable[Write]) -> list[Write]:
    """Deletes of what the earlier submission held and this one does not."""
    kept = {str(write.key) for write in writes}
    lost = (Key(*member.split("/")) for member in members if member not in kept)
    return [Write(key, None) for key in lost if key.type not in _LASTING]


def _issue(unit: Translated, message: Message, value: str, current: str = "") -> MapIssue:
    place = unit.raw
    return MapIssue.of(message, file=place.file, hoso=place.hoso, ma_lk=unit.ma_lk, value=value, current=current)
