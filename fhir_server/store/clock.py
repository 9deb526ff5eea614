"""Time as the stores measure it: microseconds since 1970 UTC."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], int]

#: How long a search at an old position stays possible: one hour.
HORIZON = 3_600_000_000


def system_clock() -> int:
    """The time now."""
    return time.time_ns() // 1000
