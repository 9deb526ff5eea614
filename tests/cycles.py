"""What work leaves to the cycle collector: a process that runs it seldom holds that for long."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable


def left_behind_by(work: Callable[[], object]) -> Counter[str]:
    """How many objects of which type hold each other when the work has ended and nothing else holds them."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        work()
        gc.collect()
        return Counter(type(found).__name__ for found in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
