"""Stores of other processes: batches of a load go into one where the engine lets several write.

So whoever makes the next batch does not wait for the interpreter of the one that writes this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import Any, TypeAlias, TypeVar

from conformance.errors import FhirError
from fhir_server.bulk.pool import Pool
from fhir_server.store import open_store
from fhir_server.store.protocol import Promise, Store

Batch = TypeVar("Batch")
Done = TypeVar("Done")

#: Batches that the process has been sent and has not answered; whoever sends them has fewer.
_AHEAD = 16

#: Applies a batch, one at a time; what comes back is durable. Raises what the store raises.
Apply: TypeAlias = Callable[[Batch], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class Raised:
    """An error on its way to the process that asked."""

    error: Exception

    @classmethod
    def of(cls, trace: str) -> Raised:
        """What a process answers that failed by a fault of ours."""
        return cls(RuntimeError(trace))


@contextmanager
def applied_to(store: Store, url: str, make: Callable[[Store], Apply[Batch, Done]]) -> Iterator[Apply[Batch, Done]]:
    """What ``make`` gives, for the store at ``url``: in a process of its own if that may write beside this one.

    Then it raises Unavailable when that process died. ``store`` is the same store, open in this process.
    """
    if Promise.MULTI_PROCESS not in store.promises:
        yield make(store)
        return
    with applied_apart(url, make) as apply:
        yield apply


@contextmanager
def applied_apart(url: str, make: Callable[[Store], Apply[Batch, Done]]) -> Iterator[Apply[Batch, Done]]:
    """What ``make`` gives, in a process of its own."""
    with Pool[Batch, Done | Raised](1, _broken, _in_process, url, make, ahead=_AHEAD) as pool:

        async def apply(batch: Batch) -> Done:
            outcome = await asyncio.wrap_future(pool.submit(batch))
            if isinstance(outcome, Raised):
                raise outcome.error
            return outcome

        yield apply


class OwnStore:
    """A store that a process has opened for itself; closed when the process ends."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self.store: Store = self._loop.run_until_complete(open_store(url))
        Finalize(None, lambda: self._loop.run_until_complete(self.store.close()), exitpriority=1)

    def run(self, work: Coroutine[Any, Any, Done]) -> Done | Raised:
        """What work with it gives, or what that raised."""
        try:
            return self._loop.run_until_complete(work)
        except FhirError as error:
            return Raised(error)


def _in_process(url: str, make: Callable[[Store], Apply[Batch, Done]]) -> Callable[[Batch], Done | Raised]:
    """What the process runs."""
    own = OwnStore(url)
    apply = make(own.store)

    async def applied(batch: Batch) -> Done:
        return await apply(batch)

    return lambda batch: own.run(applied(batch))


def _broken(_batch: object, trace: str) -> Raised:
    return Raised.of(trace)
