"""Checked pieces on their way into the store: while some are written the next are read, and no more than a few."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from fhir_server.bulk.behind import Behind
from fhir_server.bulk.importing.checking import Checked

#: Pieces that are written together: a commit costs little more for four than for one. Eight would save a twentieth of
#: the writer's work, but take 10 MB more, and let others wait twice as long for their turn.
MOST = 4


class Pieces(AbstractAsyncContextManager["Pieces"]):
    """Gathers pieces for ``write``, which is called with those of one input, in order and never twice at a time.

    On leaving, what was gathered is written; after an error it is dropped, and so is a write that runs.
    """

    def __init__(self, write: Callable[[Sequence[Checked]], Awaitable[None]]) -> None:
        self._write = write
        self._gathered: list[Checked] = []
        self._behind = Behind()

    async def add(self, checked: Checked) -> None:
        """Take a piece. Raises what an earlier write raised."""
        if self._gathered and (len(self._gathered) >= MOST or not _is_of(checked, self._gathered[-1])):
            await self._flush()
        self._gathered.append(checked)
        if self._behind.is_idle:
            await self._flush()
            await asyncio.sleep(0)  # The write begins before more is read.

    async def _flush(self) -> None:
        await self._behind.settled()
        if self._gathered:
            pieces, self._gathered = self._gathered, []
            self._behind.begin(self._write(pieces))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._flush()
            await self._behind.settled()
        else:
            await self._behind.dropped()


def _is_of(one: Checked, other: Checked) -> bool:
    """Are these of the same input, with the same content?"""
    return (one.input, one.mark) == (other.input, other.mark)
