"""The engines by URL scheme.

``sqlite:///abs/path``, ``sqlite:relative/path``; ``mongodb://host/database?replicaSet=name``; ``mongita:///folder`` and
``mongita://memory`` for trials; ``memory:`` for tests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from conformance.errors import NotSupported
from fhir_server.store.clock import Clock, system_clock
from fhir_server.store.messages import UNKNOWN_SCHEME
from fhir_server.store.protocol import Store
from fhir_server.store.reference import ReferenceStore

Opener: TypeAlias = Callable[[str, Clock], Awaitable[Store]]


async def _open_memory(_path: str, clock: Clock) -> Store:
    return ReferenceStore(clock=clock)


async def _open_sqlite(path: str, clock: Clock) -> Store:
    from fhir_server.store.sqlite import SqliteStore  # noqa: PLC0415  the driver is loaded by those who use it

    return await SqliteStore.open(path, clock=clock)


def _mongo_opener(scheme: str) -> Opener:
    async def open_mongo(path: str, clock: Clock) -> Store:
        from fhir_server.store.mongo import MongoStore  # noqa: PLC0415

        return await MongoStore.open(f"{scheme}://{path}", clock=clock)

    return open_mongo


async def _open_mongita(path: str, clock: Clock) -> Store:
    from fhir_server.store.mongita import MongitaStore  # noqa: PLC0415

    return await MongitaStore.open(path, clock=clock)


ENGINES: dict[str, Opener] = {
    "memory": _open_memory,
    "sqlite": _open_sqlite,
    "mongodb": _mongo_opener("mongodb"),
    "mongodb+srv": _mongo_opener("mongodb+srv"),
    "mongita": _open_mongita,
}


#: Engines whose store is what one process has in memory.
_UNSHARED = ("memory", "mongita")
#: Engines whose store is a file or a folder of this host, but for one that is in memory.
_PLACED, _PLACELESS = ("sqlite", "mongita"), "mongita://memory"
#: Engines whose store is a database of a server.
_SERVED = ("mongodb", "mongodb+srv")


def is_shared(url: str) -> bool:
    """True when several processes may have the store at ``url`` open at once."""
    return url.partition(":")[0] not in _UNSHARED


def place_of(url: str) -> Path | None:
    """The file or folder of the store at ``url``; None for a store that has none on this host."""
    scheme, _, rest = url.partition(":")
    return Path(rest.removeprefix("//")) if scheme in _PLACED and url != _PLACELESS else None


async def is_made(url: str) -> bool:
    """True when there is a store at ``url``, so that opening it makes none. Raises as ``open_store`` does."""
    place = place_of(url)
    if place is not None:
        return place.exists()
    if url.partition(":")[0] not in _SERVED:
        return True
    from fhir_server.store.mongo import MongoStore  # noqa: PLC0415

    return await MongoStore.is_made(url)


async def open_store(url: str, *, clock: Clock = system_clock) -> Store:
    """The store at ``url``, created when it does not exist. ``clock`` gives microseconds since 1970 UTC.

    Raises ``NotSupported`` for an unknown scheme, or a file system or server that the engine cannot rely on;
    ``Unavailable`` when it cannot be opened.
    """
    scheme, colon, rest = url.partition(":")
    opener = ENGINES.get(scheme) if colon else None
    if opener is None:
        raise NotSupported.of(UNKNOWN_SCHEME, url=url, known=", ".join(f"{name}:" for name in ENGINES))
    return await opener(rest.removeprefix("//"), clock)
