"""Where files go: a folder, or an object store. Functions here block; call them in a thread."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from conformance.errors import Unavailable
from fhir_server.bulk.exporting.messages import PLACE_FAILED

#: Bytes that are read at a time.
BLOCK = 1024 * 1024
_DRAFT = ".part"


@contextmanager
def served() -> Iterator[None]:
    """What the system refuses, such as a full disk, becomes Unavailable: it may work again later."""
    try:
        yield
    except OSError as error:
        raise Unavailable.of(PLACE_FAILED, error=error) from error


class Place(Protocol):
    """Keeps files under names such as ``job/1-Patient-1.ndjson``. Raises Unavailable, or OSError."""

    def draft(self, name: str) -> IO[bytes]:
        """A new file to write that nobody else sees."""
        ...

    def keep(self, draft: IO[bytes], name: str) -> None:
        """Close the draft of this name; on return it is whole and lasting, under its name."""
        ...

    def drop(self, draft: IO[bytes], name: str) -> None:
        """Close the draft of this name and forget it."""
        ...

    def read(self, name: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from ``start`` to before ``end``, in blocks."""
        ...

    def retain(self, folder: str, names: Collection[str]) -> None:
        """Remove from a folder what is not of these; without names the folder itself."""
        ...


class Directory:
    """A folder of this host."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def draft(self, name: str) -> IO[bytes]:
        """See ``Place.draft``: the file has another name meanwhile."""
        path = self._draft(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb", buffering=0)

    def _draft(self, name: str) -> Path:
        path = self._root / name
        return path.with_name(f".{path.name}{_DRAFT}")

    def keep(self, draft: IO[bytes], name: str) -> None:
        """See ``Place.keep``."""
        with draft:
            os.fsync(draft.fileno())
        path = self._root / name
        self._draft(name).replace(path)
        _sync(path.parent)

    def drop(self, draft: IO[bytes], name: str) -> None:
        """See ``Place.drop``."""
        draft.close()
        self._draft(name).unlink(missing_ok=True)

    def read(self, name: str, start: int, end: int) -> Iterator[bytes]:
        """See ``Place.read``."""
        with (self._root / name).open("rb", buffering=0) as file:
            file.seek(start)
            while start < end and (block := file.read(min(BLOCK, end - start))):
                start += len(block)
                yield block

    def retain(self, folder: str, names: Collection[str]) -> None:
        """See ``Place.retain``."""
        place = self._root / folder
        if not names:
            shutil.rmtree(place, ignore_errors=True)
            return
        kept = {self._root / name for name in names}
        for path in place.iterdir():
            if path not in kept:
                with suppress(FileNotFoundError):
                    path.unlink()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
