"""Work on large bodies beside the event loop, so that other requests are answered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

#: Bytes from which on a thread is worth its start.
LARGE = 64 * 1024

P = ParamSpec("P")
T = TypeVar("T")


async def aside(size: int, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """The result of ``work`` on a body of ``size`` bytes, made in a thread when that is much."""
    if size <= LARGE:
        return work(*given, **named)
    return await asyncio.to_thread(work, *given, **named)
