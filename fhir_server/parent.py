"""A process that was started by another ends with it, so that ``kill -9`` leaves nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing import connection


def end_with_parent() -> None:
    """End this process at once when the process that started it is gone; nothing when no other one started it.

    Only what multiprocessing started knows its parent: mapping processes and server workers are.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait, args=(parent.sentinel,), name="parent", daemon=True).start()


def _wait(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
