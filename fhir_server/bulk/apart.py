"""Batches of a load or an import go into the store: in a process of its own where the engine lets several write.

So whoever makes the next batch does not wait for the interpreter of the one that writes this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import TypeAlias, TypeVar

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
class _Raised:
    """An error on its way to the process that asked."""

    kind: type[Exception]
    arguments: tuple[object, ...]


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
    with Pool[Batch, Done | _Raised](1, _broken, _in_process, url, make, ahead=_AHEAD) as pool:

        async def apply(batch: Batch) -> Done:
            outcome = await asyncio.wrap_future(pool.submit(batch))
            if isinstance(outcome, _Raised):
                raise outcome.kind(*outcome.arguments)
            return outcome

        yield apply


def _in_process(url: str, make: Callable[[Store], Apply[Batch, Done]]) -> Callable[[Batch], Done | _Raised]:
    """What the process runs: its own store, closed when the process ends."""
    loop = asyncio.new_event_loop()
    store = loop.run_until_complete(open_store(url))
    apply = make(store)
    Finalize(None, lambda: loop.run_until_complete(store.close()), exitpriority=1)

    async def applied(batch: Batch) -> Done:
        return await apply(batch)

    def run(batch: Batch) -> Done | _Raised:
        try:
            return loop.run_until_complete(applied(batch))
        except FhirError as error:
            return _Raised(type(error), error.issues)

    return run


def _broken(_batch: object, trace: str) -> _Raised:
    return _Raised(RuntimeError, (trace,))
