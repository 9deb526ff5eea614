"""The engines that the contract suite runs on, and a clock that tests move by hand."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from mongo_server import one_node

#: The contract tests share ``store_writes`` and ``store_cases``, which are no test modules.
sys.path.insert(0, str(Path(__file__).parent))

from fhir_server.store import open_store
from fhir_server.store.protocol import Promise, Store

#: What the open engines are called in test names, and where each lies.
ENGINES = ("memory", "sqlite", "mongodb", "mongita")


class HandClock:
    """Microseconds since 1970 UTC, standing still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000_000

    def __call__(self) -> int:
        return self.now

    def move(self, *, seconds: float) -> None:
        self.now += int(seconds * 1_000_000)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store of its own for each test; the databases of MongoDB lie on one server that the session shares."""
    if request.param == "mongodb":
        name = f"t{uuid4().hex}"
        yield one_node().url(name)
        one_node().drop(name)
        return
    urls = {
        "memory": "memory:",
        "sqlite": f"sqlite://{tmp_path}/store.sqlite",
        "mongita": f"mongita://{tmp_path}/trial",
    }
    yield urls[request.param]


@pytest.fixture
async def store(url: str, clock: HandClock) -> AsyncIterator[Store]:
    opened = await open_store(url, clock=clock)
    yield opened
    await opened.close()


def _promised(store: Store, promise: Promise) -> None:
    if promise not in store.promises:
        pytest.skip(f"this engine does not promise {promise}")


@pytest.fixture
def durable(store: Store) -> None:
    """For tests of what engines do that promise to be durable."""
    _promised(store, Promise.DURABLE)


@pytest.fixture
def snapshot(store: Store) -> None:
    """For tests of what engines do that keep old positions; ``test_store_promises`` has what others do."""
    _promised(store, Promise.SNAPSHOT)


@pytest.fixture
def multi_process(store: Store) -> None:
    """For tests of what engines do that several processes may share."""
    _promised(store, Promise.MULTI_PROCESS)
