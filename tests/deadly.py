"""A lease whose holder kills its own process at a checkpoint: for the processes of the killed jobs."""

from __future__ import annotations

import itertools
import os
import signal
from typing import Any

from fhir_server.jobs import Lease


def arm(lease: Lease, when: tuple[str, int]) -> None:
    """``when`` is ("before" | "after", number of the checkpoint)."""
    checkpoint, numbers = lease.checkpoint, itertools.count(1)

    async def counted(*given: Any, **named: Any) -> Any:
        at = next(numbers) == when[1]
        if at and when[0] == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = await checkpoint(*given, **named)
        if at and when[0] == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    lease.checkpoint = counted  # type: ignore[method-assign]
