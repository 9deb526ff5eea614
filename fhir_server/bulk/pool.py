"""Work in other processes: bounded, in order, and with a clear end when a process dies.

Every process has a pipe of its own. (The pool of the standard library shares one: a process killed while it writes an
answer leaves half a message there, and the reader waits for ever.) Processes come from a fork server, so they inherit
no threads and no locks; they ignore Ctrl-C, which is for the main process to handle; and they end when their pipe is
closed, so ``kill -9`` of the main process leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from queue import Empty, Queue, SimpleQueue
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar

from conformance.errors import FhirError, Unavailable
from conformance.issues import Message
from fhir_server.bulk import messages
from fhir_server.bulk.garbage import collect_seldom
from fhir_server.bulk.heaps import one_heap

Job = TypeVar("Job")
Done = TypeVar("Done")
Out = TypeVar("Out")

#: Jobs waiting or running for each process: enough to keep it busy, few enough to keep memory flat.
_IN_FLIGHT = 4
#: Jobs that a process has been sent and has not answered.
_AHEAD = 2
#: Loaded last where processes come from.
_FROZEN = "fhir_server.bulk.frozen"


#: Stands where no further job comes.
_END = object()


class _Task(NamedTuple):
    job: Any
    answer: Future[Any]


class _Worker(NamedTuple):
    """A process, and what is on its way to it: each job in turn, then None."""

    process: multiprocessing.process.BaseProcess
    pipe: Connection
    sent: SimpleQueue[_Task | None]
    room: threading.Semaphore


class _Failure(NamedTuple):
    """What a process answers when a job raised: the traceback."""

    text: str


class _Unmade(NamedTuple):
    """What a process answers to every job when ``make`` was refused."""

    error: FhirError


class Pool(AbstractContextManager["Pool[Job, Done]"], Generic[Job, Done]):
    """``workers`` processes that apply ``make(*arguments)`` to jobs.

    ``failed`` gives the outcome of a job that raised, from the job and the traceback. What ``make`` raises of our
    errors is raised to whoever waits for a job; Unavailable with the message ``died`` when a process has ended. Each
    process is sent ``ahead`` jobs before it has answered the first of them, so that it need not wait for the next.
    """

    def __init__(
        self,
        workers: int,
        failed: Callable[[Job, str], Done],
        make: Callable[..., Callable[[Job], Done]],
        *arguments: object,
        ahead: int = _AHEAD,
        died: Message = messages.WORKER_DIED,
    ) -> None:
        self._died = died
        self.window = workers * _IN_FLIGHT
        self._failed = failed
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._broken = False
        self.processes = list(_start(workers, make, arguments, ahead))
        found = [_Worker(*pair, SimpleQueue(), threading.Semaphore(ahead)) for pair in self.processes]
        drives = [(drive, one) for one in found for drive in (self._feed, self._collect)]
        self._threads = [threading.Thread(target=drive, args=(one,), daemon=True) for drive, one in drives]
        for thread in self._threads:
            thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tasks.put(None)
        for process, _ in self.processes if kind else ():
            process.terminate()
        for thread in self._threads:
            thread.join()

    def submit(self, job: Job) -> Future[Done]:
        """The outcome to come of one job. Raises Unavailable when a process has died."""
        if self._broken:
            raise Unavailable.of(self._died)
        task = _Task(job, Future())
        self._tasks.put(task)
        if self._broken:  # since the question above
            self._fail_waiting()
        return task.answer

    def in_order(self, futures: AsyncIterable[Future[Out]]) -> AsyncIterator[Out]:
        """See ``in_order``; at most ``window`` are read ahead."""
        return in_order(futures, self.window)

    def _feed(self, worker: _Worker) -> None:
        """Send one process its jobs until the end."""
        task: _Task | None = None
        while worker.room.acquire() and (task := self._next()):
            worker.sent.put(task)
            try:
                worker.pipe.send(task.job)
            except OSError:  # which whoever waits for its answer learns too
                break
        worker.sent.put(None)

    def _next(self) -> _Task | None:
        """The next task that is still wanted; None at the end."""
        task = self._tasks.get()
        while task and not task.answer.set_running_or_notify_cancel():
            task = self._tasks.get()
        if task is None:
            self._tasks.put(None)
        return task

    def _collect(self, worker: _Worker) -> None:
        """Take the answers of one process until the end."""
        while task := worker.sent.get():
            try:
                data = worker.pipe.recv_bytes()
            except (EOFError, OSError):
                self._break(task)
                worker.room.release()
            else:
                worker.room.release()
                self._resolve(task, pickle.loads(data))  # noqa: S301 - from our own process
        worker.pipe.close()
        worker.process.join()

    def _resolve(self, task: _Task, outcome: Any) -> None:
        if isinstance(outcome, _Unmade):
            task.answer.set_exception(outcome.error)
        elif isinstance(outcome, _Failure):
            task.answer.set_result(self._failed(task.job, outcome.text))
        else:
            task.answer.set_result(outcome)

    def _break(self, task: _Task) -> None:
        """Answer this task and all that wait with an error: none is left without an answer."""
        self._broken = True
        task.answer.set_exception(Unavailable.of(self._died))
        self._fail_waiting()

    def _fail_waiting(self) -> None:
        with suppress(Empty):
            while task := self._tasks.get_nowait():
                if task.answer.set_running_or_notify_cancel():
                    task.answer.set_exception(Unavailable.of(self._died))
            self._tasks.put(None)


async def in_order(futures: AsyncIterable[Future[Out]], window: int) -> AsyncIterator[Out]:
    """The outcome of each future in order, at most ``window`` read ahead: so memory stays flat.

    Raises Unavailable when a process died.
    """
    waiting: deque[Future[Out]] = deque()
    async for future in futures:
        waiting.append(future)
        if len(waiting) >= window:
            yield await asyncio.wrap_future(waiting.popleft())
    while waiting:
        yield await asyncio.wrap_future(waiting.popleft())


def get_ready(module: str) -> None:
    """Begin to load ``module`` where processes come from, while the caller goes on loading what it needs itself."""
    with _interrupts_ignored():
        multiprocessing.set_forkserver_preload([module, _FROZEN])
        forkserver.ensure_running()


def processors(asked: int) -> int:
    """The number of processes for a setting where 0 means one for each processor."""
    return asked or len(os.sched_getaffinity(0))


def _start(
    workers: int, make: Callable[..., Callable[[Any], Any]], arguments: tuple[object, ...], ahead: int
) -> Iterator[tuple[multiprocessing.process.BaseProcess, Connection]]:
    get_ready(make.__module__)
    context = multiprocessing.get_context("forkserver")
    for _ in range(workers):
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, make, arguments, ahead), daemon=True)
        try:
            process.start()
        except (EOFError, OSError) as error:
            raise Unavailable.of(messages.WORKER_DIED) from error
        theirs.close()
        yield process, ours


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """What is started meanwhile ignores Ctrl-C from its first instruction on."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _work(
    pipe: Connection, make: Callable[..., Callable[[Any], Any]], arguments: tuple[object, ...], ahead: int
) -> None:
    """The life of a process: build once, then answer jobs until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    one_heap()
    apply = _made(make, arguments)
    collect_seldom()
    jobs: Queue[Any] = Queue(ahead)
    threading.Thread(target=_read, args=(pipe, jobs), daemon=True).start()
    with suppress(BrokenPipeError, ConnectionResetError):
        while (job := jobs.get()) is not _END:
            pipe.send(_answer(apply, job))


def _made(make: Callable[..., Callable[[Any], Any]], arguments: tuple[object, ...]) -> Callable[[Any], Any]:
    """What ``make`` gives; what answers every job with its refusal where it refuses."""
    try:
        return make(*arguments)
    except FhirError as error:
        unmade = _Unmade(error)
        return lambda _: unmade


def _read(pipe: Connection, jobs: Queue[Any]) -> None:
    """Take jobs from the pipe while others are done, so that the next one is there."""
    with suppress(EOFError, OSError):
        while True:
            jobs.put(pipe.recv())
    jobs.put(_END)


def _answer(apply: Callable[[Any], Any], job: Any) -> Any:
    try:
        return apply(job)
    except Exception:  # noqa: BLE001 - the outermost edge of this process: one job must not end the run
        return _Failure(traceback.format_exc())
