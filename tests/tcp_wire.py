"""A wire between clients and a server on this host that tests can cut, stall, or make deaf to answers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

_PIECE = 1 << 16


class Wire:
    """Forwards a loopback port of its own to another one. Its methods may be called from any thread."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._questions, self._answers = asyncio.Event(), asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.mend()

    def cut(self) -> None:
        """Close every connection at once, and every new one."""

        def cut() -> None:
            self._is_cut = True
            self._drop()

        self._do(cut)

    def stall(self) -> None:
        """Hold back whatever is sent from here on, both ways; connections stay open and new ones are taken."""
        self._do(lambda: (self._questions.clear(), self._answers.clear()))

    def deafen(self) -> None:
        """Hold back what the server sends: it does what it is asked, and nobody hears of it."""
        self._do(self._answers.clear)

    def mend(self) -> None:
        """Forward everything again, also what was held back on connections that are still open."""

        def mend() -> None:
            self._is_cut = False
            self._questions.set()
            self._answers.set()

        self._do(mend)

    def close(self) -> None:
        """End it."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, step: Callable[[], Any]) -> None:
        async def done() -> None:
            step()

        asyncio.run_coroutine_threadsafe(done(), self._loop).result()

    def _drop(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._taken, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        self._server.close()
        self._drop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # What was aborted is closed in the next round.

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        self._begin(self._accept(reader, writer))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            answers, questions = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open.add(questions)
        for source, sink, gate in ((reader, questions, self._questions), (answers, writer, self._answers)):
            self._begin(self._pump(source, sink, gate))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, gate: asyncio.Event) -> None:
        try:
            while piece := await source.read(_PIECE):
                await gate.wait()
                sink.write(piece)
                await sink.drain()
        except OSError:
            """One end is gone, so the other goes, too."""
        finally:
            self._open.discard(sink)
            sink.transport.abort()
