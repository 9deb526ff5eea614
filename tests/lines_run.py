"""Work counted in lines of Python that run: the same on every machine, however busy."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(work: Callable[[], object]) -> int:
    """Lines that ``work`` runs in this thread. What C does is not in it: there, work without bound does not end."""
    ran = itertools.count()

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            next(ran)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return next(ran)
