"""What stands behind the settings: the file of the installation, the store."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.errors import NotFound
from fhir_server.cli import messages
from fhir_server.installation import default_path
from fhir_server.settings import Settings

if TYPE_CHECKING:
    from fhir_server.store.protocol import Store


def installation_file(values: Settings) -> Path:
    """The file of the installation key and base."""
    return Path(values.installation) if values.installation else default_path()


def shown(url: str) -> str:
    """The URL of a store as it may be printed: without user and password."""
    return re.sub(r"(?<=://)[^/]+@", "***@", url)


def store_file(url: str) -> Path | None:
    """The file of a store that has one."""
    scheme, _, rest = url.partition(":")
    return Path(rest.removeprefix("//")) if scheme == "sqlite" else None


@asynccontextmanager
async def opened(values: Settings, *, create: bool = False) -> AsyncIterator[Store]:
    """The store of the settings. NotFound when there is none and ``create`` is false: asking makes none."""
    from fhir_server.store import is_made, open_store

    check_place(values.store, create=create)
    if not create and not await is_made(values.store):
        raise NotFound.of(messages.NO_STORE, url=shown(values.store))
    store = await open_store(values.store)
    try:
        yield store
    finally:
        await store.close()


def check_place(url: str, *, create: bool) -> None:
    """Make the folder of a new store; without ``create`` raise NotFound when the store does not exist."""
    from fhir_server.store import place_of

    place = place_of(url)
    if place is not None and create:
        place.parent.mkdir(parents=True, exist_ok=True)
    elif place is not None and not place.exists():
        raise NotFound.of(messages.NO_STORE, url=shown(url))
