"""Files in an object store (S3 and what speaks like it), by the optional package ``obstore``.

Addresses and credentials come from the environment, as obstore documents: ``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL`` …
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from conformance.errors import Unavailable
from fhir_server.bulk.exporting.messages import PLACE_FAILED
from fhir_server.bulk.exporting.places import BLOCK


class ObjectStore:
    """A bucket, or a folder of one. Drafts are files without a name on this host until they are sent whole."""

    def __init__(self, url: str) -> None:
        with _translated():
            self._store = from_url(url)

    def draft(self, _name: str) -> IO[bytes]:
        """See ``Place.draft``."""
        return tempfile.TemporaryFile(buffering=0)

    def keep(self, draft: IO[bytes], name: str) -> None:
        """See ``Place.keep``."""
        with draft, _translated():
            draft.seek(0)
            obstore.put(self._store, name, draft)

    def drop(self, draft: IO[bytes], _name: str) -> None:
        """See ``Place.drop``."""
        draft.close()

    def read(self, name: str, start: int, end: int) -> Iterator[bytes]:
        """See ``Place.read``."""
        for at in range(start, end, BLOCK):
            with _translated():
                block = obstore.get_range(self._store, name, start=at, end=min(at + BLOCK, end))
            yield bytes(block)

    def retain(self, folder: str, names: Collection[str]) -> None:
        """See ``Place.retain``."""
        with _translated():
            for listed in obstore.list(self._store, prefix=folder):
                obstore.delete(self._store, [row["path"] for row in listed if row["path"] not in names])


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable.of(PLACE_FAILED, error=error) from error
