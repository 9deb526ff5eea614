"""The border to the driver: its errors become ``Unavailable`` with a message that says what to do.

So do those of what unpacks: SQLite does not notice that the bytes of a value are others than were written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw
from zstandard import ZstdError

from conformance.errors import Unavailable
from conformance.issues import Message
from fhir_server.store.messages import BUSY, CORRUPT, FAILED, FULL, IO_FAILED, READ_ONLY

#: What reading and writing the file raises.
FAILURES = (apsw.Error, ZstdError)
_MESSAGES: dict[type[Exception], Message] = {
    apsw.BusyError: BUSY,
    apsw.LockedError: BUSY,
    apsw.FullError: FULL,
    apsw.ReadOnlyError: READ_ONLY,
    apsw.PermissionsError: READ_ONLY,
    apsw.IOError: IO_FAILED,
    apsw.CantOpenError: IO_FAILED,
    apsw.CorruptError: CORRUPT,
    apsw.NotADBError: CORRUPT,
    ZstdError: CORRUPT,
}
#: What SQLite says of a connection on which nothing failed, as where a copy is written by the other one.
_UNSAID = "not an error"


def unavailable(error: Exception) -> Unavailable:
    """The error that the rest of the server sees."""
    message = next((text for kind, text in _MESSAGES.items() if isinstance(error, kind)), FAILED)
    translated = Unavailable.of(message, detail=_detail(error))
    assert isinstance(translated, Unavailable)  # noqa: S101  for the type checker: `of` is declared on the base
    return translated


def _detail(error: Exception) -> str:
    """What the driver says; of a copy that failed it only knows the number."""
    told = str(error)
    code = getattr(error, "extendedresult", 0)
    return str(apsw.mapping_extended_result_codes.get(code, told)) if told == _UNSAID else told


def is_of_the_store(error: Exception) -> bool:
    """True when the store as a whole cannot be written now, whatever is asked of it."""
    return isinstance(error, apsw.Error) and isinstance(error, tuple(_MESSAGES))


@contextmanager
def translated() -> Iterator[None]:
    """Translate driver errors raised inside."""
    try:
        yield
    except FAILURES as error:
        raise unavailable(error) from error
