"""The last step of an import: checked resources and the place behind them go into the store, as one unit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from itertools import islice
from types import TracebackType
from typing import TypeAlias

from fhir_server.bulk import wire
from fhir_server.bulk.apart import Apply
from fhir_server.store.protocol import Outcome, Refusal, Store, Unit, Write


@dataclass(frozen=True, slots=True)
class Held:
    """The writes of a piece, as ``wire.pack`` made them: kept until the unit comes that they are part of."""

    writes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """A unit, to which the writes of the first pieces belong that are held."""

    unit: Unit
    pieces: int


Batch: TypeAlias = Held | Closing


class Applier:
    """Applies units to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: deque[Sequence[Write]] = deque()

    async def __call__(self, batch: Batch) -> Refusal | None:
        """Why a unit was not applied: what it would have taken is held still. None when it is durable.

        Of several writes of one resource the last counts. Raises what the store raises.
        """
        if isinstance(batch, Held):
            self._held.append([write for part in batch.writes for write in wire.unpack(part)])
            return None
        if len(self._held) < batch.pieces:
            raise LookupError(f"{batch.pieces} pieces are to be stored, but {len(self._held)} are held")
        writes = {write.key: write for piece in islice(self._held, batch.pieces) for write in piece}
        [outcome] = await self._store.transact([replace(batch.unit, writes=tuple(writes.values()))])
        if isinstance(outcome, Refusal):
            return outcome
        for _ in range(batch.pieces):
            self._held.popleft()
        return None


class Sending(AbstractAsyncContextManager["Sending"]):
    """Sends pieces as soon as they are there, while earlier ones are written: their unit is small and follows."""

    def __init__(self, apply: Apply[Batch, Refusal | None]) -> None:
        self._apply = apply
        self._sent: deque[asyncio.Future[Refusal | None]] = deque()

    def send(self, writes: tuple[bytes, ...]) -> None:
        """Begin to send the writes of a piece."""
        self._sent.append(asyncio.ensure_future(self._apply(Held(writes))))

    async def close(self, unit: Unit, pieces: int) -> Outcome:
        """Apply a unit with the first pieces that were sent; its refusal, or nothing. Raises what the store raises."""
        refused = await asyncio.ensure_future(self._apply(Closing(unit, pieces)))  # begun after all that was sent
        if refused:
            return refused
        for _ in range(pieces):
            await self._sent.popleft()
        return ()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._sent:
            one.cancel()
        await asyncio.gather(*self._sent, return_exceptions=True)
