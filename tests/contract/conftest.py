"""The engines that the contract suite runs on, and a clock that tests move by hand."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

#: The contract tests share ``store_writes`` and ``store_cases``, which are no test modules.
sys.path.insert(0, str(Path(__file__).parent))

from fhir_server.store import open_store
from fhir_server.store.protocol import Promise, Store

ENGINES = ("memory", "sqlite")


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
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return {"memory": "memory:", "sqlite": f"sqlite://{tmp_path}/store.sqlite"}[request.param]


@pytest.fixture
async def store(url: str, clock: HandClock) -> AsyncIterator[Store]:
    opened = await open_store(url, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
def durable(store: Store) -> Store:
    if Promise.DURABLE not in store.promises:
        pytest.skip("this engine does not promise to be durable")
    return store
