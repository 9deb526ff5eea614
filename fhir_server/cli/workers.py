"""Processes that do jobs beside a server, and end with it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from conformance.errors import FhirError
from fhir_server.cli.exits import USAGE
from fhir_server.cli.failing import fail

if TYPE_CHECKING:
    from fhir_server.settings import Settings

#: Seconds before a process that ended is started anew, and that one has to give its job back at the end.
PAUSE, GRACE = 1.0, 10.0
_LOG = logging.getLogger("fhir_server.jobs")
#: How much less urgent than the server such a process is, of 19.
NICE = 10


@contextmanager
def job_workers(values: Settings) -> Iterator[None]:
    """``values.job_workers`` processes as long as this lasts. A store in memory cannot be shared: it has none."""
    from fhir_server.store import is_shared

    count = values.job_workers if is_shared(values.store) else 0
    resource_tracker.ensure_running()  # Or it takes its mask of signals back below, at the first start of a process.
    ending = threading.Event()
    keepers = [threading.Thread(target=_keep, args=(values, ending), daemon=True) for _ in range(count)]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        ending.set()
        for keeper in keepers:
            keeper.join(GRACE + PAUSE)


def _keep(values: Settings, ending: threading.Event) -> None:
    """Keep one process running; at the end ask it to stop. Ctrl-C is for the server to heed: processes inherit that.

    Of one that ended alone the log tells after the pause: what ended it may be ending the server, too.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    while not ending.is_set():
        process = _started(values)
        while process.is_alive() and not ending.is_set():
            process.join(PAUSE / 4)
        if process.is_alive():
            process.terminate()
            process.join(GRACE)
        if not ending.wait(PAUSE):
            told = "process %d, which did jobs, ended with exit code %s; another is started"
            _LOG.warning(told, process.pid, process.exitcode)


def _started(values: Settings) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(values,), name="jobs")
    process.start()
    return process


def _work(values: Settings) -> None:
    """What such a process does: it gives way to the server wherever both want the processor."""
    from fhir_server.cli.jobs import run_worker

    os.nice(NICE)
    try:
        run_worker(values)
    except FhirError as error:
        sys.exit(fail(USAGE, *error.issues))
