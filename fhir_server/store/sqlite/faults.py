"""The border to the driver: apsw's errors become ``Unavailable`` with a message that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from conformance.errors import Unavailable
from conformance.issues import Message
from fhir_server.store.messages import BUSY, CORRUPT, FAILED, FULL, IO_FAILED, READ_ONLY

_MESSAGES: dict[type[apsw.Error], Message] = {
    apsw.BusyError: BUSY,
    apsw.LockedError: BUSY,
    apsw.FullError: FULL,
    apsw.ReadOnlyError: READ_ONLY,
    apsw.PermissionsError: READ_ONLY,
    apsw.IOError: IO_FAILED,
    apsw.CantOpenError: IO_FAILED,
    apsw.CorruptError: CORRUPT,
    apsw.NotADBError: CORRUPT,
}


def unavailable(error: apsw.Error) -> Unavailable:
    """The error that the rest of the server sees."""
    message = next((text for kind, text in _MESSAGES.items() if isinstance(error, kind)), FAILED)
    translated = Unavailable.of(message, detail=str(error))
    assert isinstance(translated, Unavailable)  # noqa: S101  for the type checker: `of` is declared on the base
    return translated


def is_of_the_store(error: Exception) -> bool:
    """True when the store as a whole cannot be written now, whatever is asked of it."""
    return isinstance(error, tuple(_MESSAGES))


@contextmanager
def translated() -> Iterator[None]:
    """Translate driver errors raised inside."""
    try:
        yield
    except apsw.Error as error:
        raise unavailable(error) from error
