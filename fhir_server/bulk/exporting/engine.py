"""The engine of every export: walks the store at one position and writes files, from the last checkpoint on.

Memory is bounded by a chunk of the store. A file is finished when it has reached its size, has been open for long, or
its walk ends; then all finished files are kept in one checkpoint. What lies in unfinished files is read again after a
crash, and only that.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from fhir_server.bulk.exporting.drafts import Drafts
from fhir_server.bulk.exporting.state import Part, State
from fhir_server.bulk.exporting.walks import Walk
from fhir_server.store.protocol import Store, Version

#: Microseconds after which an open file is finished, so that little is read again after a crash.
LAG = 60_000_000


#: Makes the state last; raises what stops the export. Also takes how many resources are done, in open files too.
Keep: TypeAlias = Callable[[State, int], Awaitable[None]]


@dataclass(slots=True)
class Engine:
    """One run. ``size`` is where a file ends, in bytes, and ``lag`` in microseconds.

    ``tell`` is called after each chunk with the number of resources that are done.
    """

    store: Store
    walks: Sequence[Walk]
    state: State
    drafts: Drafts
    keep: Keep
    clock: Callable[[], int]
    size: int
    tell: Callable[[int], Awaitable[None]] | None = None
    lag: int = LAG
    _writing: asyncio.Task[None] | None = field(default=None)

    async def run(self) -> State:
        """The last state: everything is in its files. What was open is dropped when it fails."""
        try:
            while self.state.walk < len(self.walks):
                await self._walk(self.walks[self.state.walk])
        except BaseException:
            await self._settle()
            await asyncio.to_thread(self.drafts.drop)
            raise
        return self.state

    async def _settle(self) -> None:
        """Wait for the thread that still writes, whatever became of it."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _walk(self, walk: Walk) -> None:
        state = self.state
        before = state.start
        scan = self.store.scan(
            walk.types, state.position, where=walk.where, after=before, since=walk.since, deleted=walk.deleted
        )
        async for chunk in scan:
            await self._put(walk, chunk, before)
            before = chunk[-1].vid
            await self._check(before)
            if walk.until is not None and chunk[-1].last_updated >= walk.until:
                break
        await self._written()
        await self._finish(self.drafts.types)
        state.walk, state.start, state.after = state.walk + 1, 0, {}
        await self.keep(state, state.count)

    async def _put(self, walk: Walk, chunk: Sequence[Version], start: int) -> None:
        """Hand a chunk to the thread that writes, once that is done with the chunk before."""
        last = chunk[-1].vid
        rows = self._wanted(walk, chunk)
        if walk.choose is not None:
            rows = await walk.choose(rows)
        groups = {walk.into: rows} if walk.into else _by_type(rows)
        lines = {name: await walk.shape(versions) for name, versions in groups.items()}
        await self._written()
        self._writing = asyncio.create_task(asyncio.to_thread(self._write, walk.part, lines, start, last))

    def _wanted(self, walk: Walk, chunk: Sequence[Version]) -> Sequence[Version]:
        """Without what is in a file already, and what is too young."""
        after, until = self.state.after, walk.until
        if after:
            chunk = [version for version in chunk if version.vid > after.get(walk.into or version.key.type, 0)]
        return chunk if until is None else [version for version in chunk if version.last_updated < until]

    def _write(self, part: Part, lines: dict[str, Sequence[Any]], start: int, last: int) -> None:
        for name, rows in lines.items():
            if rows:
                self.drafts.write(part, name, rows, start=start, last=last)

    async def _written(self) -> None:
        if self._writing is not None:
            await asyncio.shield(self._writing)  # a thread cannot be stopped: who is cancelled still waits for it
            self._writing = None

    async def _check(self, at: int) -> None:
        """Finish what is ripe by now; ``at`` is the last vid that was read."""
        if self.drafts.ripe(self.size, self.clock() - self.lag):
            await self._written()
            await self._finish(self.drafts.ripe(self.size, self.clock() - self.lag))
            self.state.start = self.drafts.start(at)
            self.state.after = {name: vid for name, vid in self.state.after.items() if vid > self.state.start}
            await self.keep(self.state, self.state.count + self.drafts.count)
        elif self.tell:
            await self.tell(self.state.count + self.drafts.count)

    async def _finish(self, types: Sequence[str]) -> None:
        if types:
            self.state.pages += 1
            for last, file in await asyncio.to_thread(self.drafts.finish, types, self.state.pages):
                self.state.after[file.type] = last
                self.state.files.append(file)


def _by_type(versions: Sequence[Version]) -> dict[str, list[Version]]:
    found: defaultdict[str, list[Version]] = defaultdict(list)
    for version in versions:
        found[version.key.type].append(version)
    return found
