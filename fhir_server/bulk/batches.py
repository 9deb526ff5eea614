"""Units on their way to the writer, in batches: while one is written the next is gathered, and no more than that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from fhir_server.bulk.behind import Behind
from fhir_server.bulk.translate import Translated

#: Units in one call to the store.
SIZE = 16


class Batches(AbstractAsyncContextManager["Batches"]):
    """Gathers units for ``write``, which is never called twice at a time nor with one visit twice.

    On leaving, what was gathered is written; after an error it is dropped, once a write that runs has ended.
    """

    def __init__(self, write: Callable[[Sequence[Translated]], Awaitable[None]]) -> None:
        self._write = write
        self._gathered: dict[str, Translated] = {}
        self._behind = Behind()

    async def add(self, unit: Translated) -> None:
        """Take one unit. Raises what an earlier write raised."""
        if len(self._gathered) >= SIZE or unit.key in self._gathered:
            await self._flush()
        self._gathered[unit.key] = unit

    async def _flush(self) -> None:
        await self._behind.settled()
        batch, self._gathered = list(self._gathered.values()), {}
        self._behind.begin(self._write(batch))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._flush()
        await self._behind.settled()
