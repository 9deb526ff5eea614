"""A process that was started by another ends with it and when it says so: neither earlier nor later."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection
from typing import Any

#: Seconds that the loop has run when a worker that has started also serves.
_SERVES = 0.2


def end_with_parent() -> None:
    """End this process at once when the process that started it is gone, so that ``kill -9`` leaves nothing behind.

    Nothing when no other one started it. Only what multiprocessing started knows its parent: mapping processes and
    server workers are.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait, args=(parent.sentinel,), name="parent", daemon=True).start()


def end_when_told() -> Any:
    """From now on SIGTERM ends this process at once. Returns the handler that it had."""
    return signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


@contextmanager
def starting() -> Iterator[None]:
    """Until a server worker serves, its parent's word ends it at once. Ctrl-C, which all processes of a terminal get,
    it leaves to the parent from then on.

    For the main thread, inside its event loop. A worker of granian that is told to end before it serves may not hear
    it, and told twice, by a terminal or service manager and then by its parent, it may hang.
    """
    if multiprocessing.parent_process() is None:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    before = end_when_told()
    try:
        yield
    finally:
        loop.call_later(_SERVES, signal.signal, signal.SIGTERM, before)


def _wait(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
