"""The last step of an import: checked resources and the place behind them go into the store, as one unit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
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
    """The writes of a piece: kept until the unit comes that they are part of."""

    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """The same as ``wire.pack`` made them. What comes out of a pipe is ``Held``.

    So the thread that reads the pipe unpacks it, while the unit before it is written.
    """

    writes: tuple[bytes, ...]

    def __reduce__(self) -> tuple[Callable[[tuple[bytes, ...]], Held], tuple[tuple[bytes, ...]]]:
        return _held, (self.writes,)


def _held(packed: tuple[bytes, ...]) -> Held:
    return Held(tuple(write for part in packed for write in wire.unpack(part)))


@dataclass(frozen=True, slots=True)
class Closing:
    """A unit, to which the writes of the first pieces belong that are held."""

    unit: Unit
    pieces: int


Batch: TypeAlias = Packed | Held | Closing


class Applier:
    """Applies units to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: deque[Sequence[Write]] = deque()

    async def __call__(self, batch: Batch) -> Refusal | None:
        """Why a unit was not applied: what it would have taken is held still. None when it is durable.

        Of several writes of one resource the last counts. Raises what the store raises.
        """
        if isinstance(batch, Packed):
            batch = _held(batch.writes)
        if isinstance(batch, Held):
            self._held.append(batch.writes)
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
        self._sent.append(asyncio.ensure_future(self._apply(Packed(writes))))

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
