"""The border to the driver: pymongo's errors become the errors of the house, with a message that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
)

from conformance.errors import FhirError, TooCostly, TooLarge, Unavailable
from fhir_server.store.messages import (
    BUSY,
    CLOSED,
    FAILED,
    NO_ACCESS,
    NO_SERVER,
    TOO_LARGE,
    TOO_SLOW,
)

#: Unauthorized, AuthenticationFailed.
_NO_ACCESS = frozenset({13, 18})
#: TransactionTooLargeForCache.
_TOO_MUCH = 388
#: InterruptedAtShutdown, Interrupted, InterruptedDueToReplStateChange: the node stops, or is no primary any more.
_INTERRUPTED = frozenset({11600, 11601, 11602})
WRITE_CONFLICT = 112
#: TemporarilyUnavailable and DuplicateKey, too: another transaction was there first.
_PASSING = frozenset({WRITE_CONFLICT, 365, _TOO_MUCH, 11000})
_CONFLICT = "TransientTransactionError"


def told(error: PyMongoError) -> FhirError:
    """The error that the rest of the server sees. It never quotes the URL, which may hold a password."""
    match error:
        case ExecutionTimeout():
            return TooCostly.of(TOO_SLOW)
        case DocumentTooLarge() | OperationFailure(code=10334):
            return TooLarge.of(TOO_LARGE)
        case OperationFailure(code=code) if code in _NO_ACCESS:
            return Unavailable.of(NO_ACCESS)
        case ConnectionFailure():
            return Unavailable.of(NO_SERVER)
        case OperationFailure() if _codes(error) & _INTERRUPTED:
            return Unavailable.of(NO_SERVER)
        case OperationFailure() if passes(error) and not is_too_much(error):
            return Unavailable.of(BUSY)
        case InvalidOperation() if "close" in str(error):
            return Unavailable.of(CLOSED)
        case _:
            return Unavailable.of(FAILED, detail=str(error).partition(", full error")[0])


@contextmanager
def translated() -> Iterator[None]:
    """Translate driver errors raised inside."""
    try:
        yield
    except PyMongoError as error:
        raise told(error) from error


def passes(error: PyMongoError) -> bool:
    """True when the same transaction may succeed a little later: a conflict, an election, a lost connection."""
    if isinstance(error, ConnectionFailure) or error.has_error_label(_CONFLICT):
        return True
    return bool(_codes(error)) and _codes(error) <= _PASSING


def is_too_much(error: PyMongoError) -> bool:
    """True when the server cannot hold so large a transaction."""
    return _TOO_MUCH in _codes(error)


def _codes(error: PyMongoError) -> set[int]:
    """The codes of what failed, also within a batch."""
    if isinstance(error, BulkWriteError):
        return {one["code"] for one in error.details["writeErrors"]}
    return {error.code or 0} if isinstance(error, OperationFailure) else set()
