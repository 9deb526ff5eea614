"""The last step of an import: checked resources and the place behind them go into the store, as one unit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fhir_server.bulk import wire
from fhir_server.store.protocol import Refusal, Store, Unit


@dataclass(frozen=True, slots=True)
class Parcel:
    """A unit, but for its writes; these as ``wire.pack`` made them. Of several to one resource the last counts."""

    writes: tuple[bytes, ...]
    unit: Unit


class Applier:
    """Applies parcels to a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, parcel: Parcel) -> Refusal | None:
        """Why it was not applied; None when it is durable. Raises what the store raises."""
        writes = {write.key: write for part in parcel.writes for write in wire.unpack(part)}
        [outcome] = await self._store.transact([replace(parcel.unit, writes=tuple(writes.values()))])
        return outcome if isinstance(outcome, Refusal) else None
