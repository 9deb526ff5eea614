"""The one writer of a load: judges each submission on the ledger, merges what is shared, has a batch applied.

While batches are applied the next is merged with what those will have written. Where it does not come to that, because
someone else changed a shared resource, a batch is merged anew.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from types import TracebackType

from conformance.errors import Unavailable
from conformance.issues import Message
from fhir_server.bulk import ledger, messages, wire
from fhir_server.bulk.apart import Apply
from fhir_server.bulk.applying import Applied, Batch, Judged
from fhir_server.bulk.shared import Merged, Shared, contradictions, contributions
from fhir_server.bulk.tally import Tally
from fhir_server.bulk.translate import Translated
from fhir_server.search import Indexer
from fhir_server.store.protocol import Store
from mappers.units import MapIssue

#: How often a batch is merged anew when others keep changing what it shares.
_TRIES = 8
#: Batches that are applied or wait for it.
_FLIGHTS = 2


@dataclass(frozen=True, slots=True)
class _Judgement:
    """The units of a batch: what is applied, and of what the raw piece alone is kept."""

    accepted: tuple[Judged, ...]
    refused: tuple[Translated, ...]

    @property
    def units(self) -> list[Translated]:
        return [unit for unit, _ in self.accepted]


@dataclass(frozen=True, slots=True)
class _Flight:
    """A batch that is being applied."""

    judgement: _Judgement
    merged: Merged
    answer: asyncio.Future[Applied]
    age: int
    tries: int


class Writer(AbstractAsyncContextManager["Writer"]):
    """Takes units to a store and tells the tally. On leaving, all that it was given is durable."""

    def __init__(
        self, store: Store, indexer: Indexer, tally: Tally, apply: Apply[Batch, Applied], *, enforce: bool
    ) -> None:
        self._store, self._tally, self._apply, self._enforce = store, tally, apply, enforce
        self._shared = Shared(store, indexer)
        self._flights: deque[_Flight] = deque()
        self._age = 0

    async def write(self, units: Sequence[Translated]) -> None:
        """Begin to apply the units of a batch, each whole or not at all; on return earlier batches but one are durable.

        No visit may occur twice in a batch. Raises Unavailable when others never let it write what is shared.
        """
        if self._are_met_again(units):
            await self._all_landed()
        judgement = await self._judged(units)
        merged = await self._send(judgement)
        self._tally.note(contradictions(judgement.units, merged.before))
        while len(self._flights) >= _FLIGHTS:
            await self._landed()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._all_landed()
        await asyncio.gather(*(flight.answer for flight in self._flights), return_exceptions=True)

    def _are_met_again(self, units: Sequence[Translated]) -> bool:
        """Is one of these visits in flight, so that the ledger cannot tell of it yet?"""
        flying = {unit.key for flight in self._flights for unit in flight.judgement.units}
        return any(unit.key in flying for unit in units)

    async def _judged(self, units: Sequence[Translated]) -> _Judgement:
        accepted: list[Judged] = []
        refused: list[Translated] = []
        for unit in units:
            known = await ledger.entry(self._store, unit.key)
            issue = self._refusal(unit, known)
            self._tally.note([issue] if issue else [])
            refused += [unit] if issue else []
            accepted += [] if issue else [(unit, known)]
        return _Judgement(tuple(accepted), tuple(refused))

    def _refusal(self, unit: Translated, known: ledger.Entry | None) -> MapIssue | None:
        if self._enforce and unit.invalid:
            return _issue(unit, messages.REFUSED, value=str(unit.invalid))
        if known and known.digest != unit.digest and unit.submitted < known.submitted:
            return _issue(unit, messages.OLDER, value=unit.submitted or "?", current=known.submitted)
        return None

    async def _send(self, judgement: _Judgement, tries: int = 1) -> Merged:
        """Merge what a batch shares, and begin to apply it."""
        foreseen = [flight for flight in self._flights if flight.age == self._age]
        flying = {key: state for flight in foreseen for key, state in flight.merged.after.items()}
        merged = await self._shared.merged(contributions(judgement.units), flying)
        accepted = tuple((_bare(unit), known) for unit, known in judgement.accepted)
        batch = Batch(wire.pack(merged.writes), accepted, tuple(map(_bare, judgement.refused)), self._age)
        self._flights.append(_Flight(judgement, merged, asyncio.ensure_future(self._apply(batch)), self._age, tries))
        return merged

    async def _all_landed(self) -> None:
        while self._flights:
            await self._landed()

    async def _landed(self) -> None:
        """Wait until the oldest batch in flight is durable, or send it once more."""
        flight = self._flights.popleft()
        applied = await flight.answer
        self._tally.add(applied.changes)
        self._age = applied.age
        if applied.is_whole:
            self._tally.applied += len(flight.judgement.accepted)
            self._tally.unchanged += flight.merged.unchanged
        elif flight.tries < _TRIES:
            await self._send(flight.judgement, flight.tries + 1)
        else:
            raise Unavailable.of(messages.CONTENDED, value=", ".join(map(str, flight.merged.after)), tries=_TRIES)


def _bare(unit: Translated) -> Translated:
    """The unit without what is not applied with it."""
    return replace(unit, shared=(), issues=(), rows={})


def _issue(unit: Translated, message: Message, value: str, current: str = "") -> MapIssue:
    place = unit.raw
    return MapIssue.of(message, file=place.file, hoso=place.hoso, ma_lk=unit.ma_lk, value=value, current=current)
