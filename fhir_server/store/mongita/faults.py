"""The border to Mongita: its errors, and those that it lets pass of files that are full or damaged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import BSONError

from conformance.errors import Unavailable
from fhir_server.store.messages import CORRUPT, IO_FAILED

#: What Mongita raises for files that it cannot understand.
_DAMAGE = (BSONError, AssertionError, KeyError, ValueError, TypeError)


@contextmanager
def translated() -> Iterator[None]:
    """Translate errors of writing. Only where Mongita is installed."""
    from mongita.errors import MongitaError  # type: ignore[import-untyped]  # noqa: PLC0415  an extra

    try:
        yield
    except (MongitaError, OSError) as error:
        raise Unavailable.of(IO_FAILED, detail=str(error)) from error


@contextmanager
def understood() -> Iterator[None]:
    """Translate errors of reading what is there, too."""
    try:
        with translated():
            yield
    except _DAMAGE as error:
        raise Unavailable.of(CORRUPT, detail=f"{type(error).__name__}: {error}") from error
