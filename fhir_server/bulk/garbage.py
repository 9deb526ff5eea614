"""Fewer runs of the cycle collector: decoded resources hold no cycles, and each run walks every one of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

#: Objects made before the youngest generation is collected, and how often the older ones follow.
_SELDOM = (200_000, 20, 50)


def collect_seldom() -> None:
    """Leave what exists out of all further runs, and make runs rare."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SELDOM)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """The same for the time of a job, or of a server."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
