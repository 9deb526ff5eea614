"""The last step of an import: checked resources and the place behind them go into the store, as one unit.

What was checked is held until its turn; meanwhile the store does for it what it can. The unit itself is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fhir_server.store.protocol import Outcome, Refusal, Store, Unit, Write


@dataclass(frozen=True, slots=True)
class Closing:
    """A unit, to which the writes under these numbers belong."""

    unit: Unit
    held: tuple[int, ...]


class Applier:
    """Applies units to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: dict[int, Sequence[Write]] = {}
        self._last = 0
        self._pays = True

    async def hold(self, writes: Sequence[Write]) -> int:
        """Keep the writes of a piece until the unit comes that they are part of; their number."""
        self._last += 1
        self._held[self._last] = await self._store.readied(writes) if self._pays else writes
        return self._last

    async def close(self, closing: Closing) -> Outcome:
        """The outcome of a unit: durable, or refused and then what belongs to it is held still.

        Of several writes of one resource the last counts. Raises what the store raises.
        """
        writes = {write.key: write for number in closing.held for write in self._held[number]}
        [outcome] = await self._store.transact([replace(closing.unit, writes=tuple(writes.values()))])
        if isinstance(outcome, Refusal):
            return outcome
        for number in closing.held:
            del self._held[number]
        # An import that is repeated changes little: then the store need not do anything beforehand.
        self._pays = 2 * sum(written.changed for written in outcome) >= len(outcome)
        return ()
