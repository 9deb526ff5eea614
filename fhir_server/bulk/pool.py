"""Work in other processes: bounded, in order, and with a clear end when a process dies.

A process is started with ``forkserver`` (no threads or locks are inherited), ignores Ctrl-C (the main process decides)
and ends itself when the main process is gone, so that ``kill -9`` leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from multiprocessing import connection, forkserver
from types import TracebackType
from typing import Any, Generic, TypeVar

from conformance.errors import Unavailable
from fhir_server.bulk import messages
from fhir_server.bulk.garbage import collect_seldom

Job = TypeVar("Job")
Done = TypeVar("Done")
Out = TypeVar("Out")

#: Jobs waiting or running for each process: enough to keep it busy, few enough to keep memory flat.
_IN_FLIGHT = 4


class Pool(AbstractContextManager["Pool[Job, Done]"], Generic[Job, Done]):
    """``workers`` processes that apply ``make(*arguments)`` to jobs."""

    def __init__(self, workers: int, make: Callable[..., Callable[[Job], Done]], *arguments: object) -> None:
        self.window = workers * _IN_FLIGHT
        self._executor = _executor(workers, make, arguments)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def submit(self, job: Job) -> Future[Done]:
        """The outcome to come of one job. Raises Unavailable when a process died."""
        try:
            return self._executor.submit(_apply, job)
        except BrokenProcessPool as error:
            raise Unavailable.of(messages.WORKER_DIED) from error

    async def in_order(self, futures: AsyncIterable[Future[Out]]) -> AsyncIterator[Out]:
        """The outcome of each future in order, at most ``window`` read ahead: so memory stays flat.

        Raises Unavailable when a process died, and whatever a job raised.
        """
        waiting: deque[Future[Out]] = deque()
        async for future in futures:
            waiting.append(future)
            if len(waiting) >= self.window:
                yield await _outcome(waiting.popleft())
        while waiting:
            yield await _outcome(waiting.popleft())


async def _outcome(future: Future[Out]) -> Out:
    try:
        return await asyncio.wrap_future(future)
    except BrokenProcessPool as error:
        raise Unavailable.of(messages.WORKER_DIED) from error


def processors(asked: int) -> int:
    """The number of processes for a setting where 0 means one for each processor."""
    return asked or len(os.sched_getaffinity(0))


def _executor(
    workers: int, make: Callable[..., Callable[[Job], Done]], arguments: tuple[object, ...]
) -> ProcessPoolExecutor:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        multiprocessing.set_forkserver_preload([make.__module__])
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, before)
    context = multiprocessing.get_context("forkserver")
    initialize: Any = _prepare
    return ProcessPoolExecutor(workers, context, initializer=initialize, initargs=(make, arguments))


_worker: Callable[[Any], Any] | None = None


def _prepare(make: Callable[..., Callable[[Any], Any]], arguments: tuple[object, ...]) -> None:
    global _worker  # noqa: PLW0603 - the one thing that a worker process holds
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = make(*arguments)
    collect_seldom()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _apply(job: Any) -> Any:
    assert _worker is not None  # noqa: S101 - the initializer ran
    return _worker(job)
