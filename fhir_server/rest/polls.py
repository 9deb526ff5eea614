"""How often the status of each job is asked for. https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-status-request

A server that is asked all the time by a client that does not wait answers 429; who asks as Retry-After says, or several
times a second, never hears that.
"""

from __future__ import annotations

from collections import OrderedDict

from conformance.errors import TooMany
from fhir_server.jobs.messages import TOO_OFTEN

#: Requests for the status of one job in a span, of one server process, and the span in microseconds.
MOST, SPAN = 200, 10_000_000
#: Jobs that are remembered.
_JOBS = 1_000


class Polls:
    """Counts in spans that begin with the first request of each."""

    def __init__(self) -> None:
        self._spans: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def count(self, job: str, now: int) -> None:
        """One more request, at ``now`` in microseconds. Raises TooMany."""
        begun, count = self._spans.pop(job, (now, 0))
        if not 0 <= now - begun < SPAN:
            begun, count = now, 0
        self._spans[job] = begun, count + 1
        if len(self._spans) > _JOBS:
            self._spans.popitem(last=False)
        if count >= MOST:
            raise TooMany.of(TOO_OFTEN, seconds=max(1, (begun + SPAN - now) // 1_000_000))
