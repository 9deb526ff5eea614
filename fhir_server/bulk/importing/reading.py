"""The inputs of an import as tasks of its processes, from the last checkpoint on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event

from conformance.errors import FhirError
from conformance.issues import Issue
from fhir_server.bulk.importing import messages, uploads
from fhir_server.bulk.importing.checking import Task
from fhir_server.bulk.importing.fetching import Fetcher
from fhir_server.bulk.importing.lines import CORRUPTION, DAMAGE, Lines, Piece, TooManyBytes, prove
from fhir_server.bulk.importing.order import Input, Order, Origin
from fhir_server.bulk.importing.state import BROKEN, State
from fhir_server.store.protocol import Store


@dataclass(slots=True)
class Reading:
    """Reads every input in turn. ``spool`` is the folder of what is not a file of this host; ``job`` the job's id.

    What is fetched is given up when ``is_wanted`` says so, or when nobody waits for it any more.
    """

    store: Store
    order: Order
    job: str
    spool: Path
    fetcher: Fetcher
    is_wanted: Callable[[], bool] = lambda: True
    _before: int = 0
    _bytes: int | None = None
    _open: Lines | None = field(default=None)

    @property
    def share(self) -> float | None:
        """How much of all bytes was read, 0 to 1; None when it cannot be known."""
        if self._bytes is None:
            return None
        read = self._before + (self._open.read if self._open else 0)
        return read / self._bytes if self._bytes else 1.0

    async def tasks(self, state: State) -> AsyncIterator[Task]:
        """What is left to do. An input that changed since the checkpoint is read from its beginning."""
        first, mark, line, offset = state.input, state.mark, state.line, state.offset
        self._bytes = await asyncio.to_thread(self._known_bytes, first)
        for index in range(first, len(self.order.inputs)):
            is_begun = index == first
            if is_begun and offset == BROKEN:
                continue
            place = (mark, line, offset) if is_begun else ("", 0, 0)
            async for task in self._of(index, place):
                yield task

    def _known_bytes(self, first: int) -> int | None:
        rest = self.order.inputs[first:]
        if any(one.origin is not Origin.PATH for one in rest):
            return None
        return sum(_size(Path(one.place)) for one in rest)

    async def _of(self, index: int, begun: tuple[str, int, int]) -> AsyncIterator[Task]:
        one = self.order.inputs[index]
        at = begun[1]
        mark = begun[0]
        try:
            path = await self._path(index, one)
            mark = await asyncio.to_thread(_mark, path, one)
            limit = 0 if one.origin is Origin.PATH else self.fetcher.limit
            if mark != begun[0]:
                await self._while_wanted(partial(prove, path, limit))
            self._open = await asyncio.to_thread(Lines, path, limit=limit)
            if mark == begun[0]:
                await asyncio.to_thread(self._open.skip, begun[1], begun[2])
            pieces = self._open.pieces()
            while piece := await asyncio.to_thread(next, pieces, None):
                at = piece.line + piece.count
                yield _task(index, one, mark, piece)
        except (*DAMAGE, TooManyBytes, FhirError) as error:
            yield Task(index, one.name, one.type, mark or "?", at, BROKEN, 0, b"", self._reason(one, error))
        finally:
            self._close()

    def _reason(self, input: Input, error: Exception) -> str:
        match error:
            case FhirError(issues=issues):
                return "; ".join(issue.text(self.order.language).removesuffix(".") for issue in issues)
            case TooManyBytes():
                params = {"name": input.name, "limit": self.fetcher.limit}
                return Issue(messages.TOO_LARGE, params=params).text(self.order.language).removesuffix(".")
            case _ if isinstance(error, CORRUPTION):
                return Issue(messages.CORRUPT, params={"reason": error}).text(self.order.language).removesuffix(".")
            case _:
                return str(error) or type(error).__name__

    def _close(self) -> None:
        if self._open is not None:
            self._before += self._open.size
            self._open.close()
            self._open = None

    async def _path(self, index: int, input: Input) -> Path:
        """The file of an input on this host, fetched when it is not there."""
        if input.origin is Origin.PATH:
            return Path(input.place)
        path = self.spool / self.job / str(index)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            if input.origin is Origin.UPLOAD:
                await uploads.put(self.store, self.job, path)
            else:
                await self._while_wanted(partial(self.fetcher.fetch, input.place, path))
        return path

    async def _while_wanted(self, work: Callable[[Callable[[], bool]], None]) -> None:
        """Do what takes long in a thread: nothing ends it from without, so it asks."""
        left = Event()
        try:
            await asyncio.to_thread(work, lambda: self.is_wanted() and not left.is_set())
        finally:
            left.set()


def _task(index: int, input: Input, mark: str, piece: Piece) -> Task:
    place = (piece.line, piece.offset, piece.count)
    return Task(index, input.name, input.type, mark, *place, piece.content, deleted=input.deleted)


def _size(path: Path) -> int:
    """Bytes of a file; 0 when it cannot be told, which reading it will report."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _mark(path: Path, input: Input) -> str:
    """By what the content of a file is known: of a file of the user its size and time, of a fetched one its digest."""
    if input.origin is Origin.PATH:
        told = path.stat()
        return f"{told.st_size}-{told.st_mtime_ns}"
    digest = sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1024 * 1024):
            yield block
