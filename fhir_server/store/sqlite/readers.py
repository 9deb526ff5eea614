"""Sessions for reading: one per thread, made at first use; what takes long goes to a few reader threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from conformance.errors import Unavailable
from fhir_server.store.messages import CLOSED
from fhir_server.store.sqlite.faults import FAILURES, unavailable
from fhir_server.store.sqlite.place import require_there
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.words import Words

T = TypeVar("T")

THREADS = 4
#: Seconds of the processor that a read may take in the thread of the event loop. To hand it to a reader thread and its
#: answer back takes longer than most reads do, and the threads then wait for each other's turn with the interpreter.
BRIEF = 0.004


class TookLong(Exception):
    """A read was broken off: it needs a reader thread."""


class Readers:
    """Runs reads here or in a reader thread."""

    def __init__(self, path: Path, words: Words) -> None:
        self._path = path
        self._words = words
        self._local = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[Session] = []
        self._closed = False
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="store-reader")

    def run(self, reading: Callable[[Session], T]) -> T:
        """What ``reading`` gives on this thread's session; driver errors are translated."""
        try:
            return reading(self.session())
        except FAILURES as error:
            raise unavailable(error) from error

    def run_briefly(self, reading: Callable[[Session], T]) -> T:
        """The same, where that is short. Raises ``TookLong``."""
        try:
            session = self.session()
            with session.briefly(BRIEF):
                return reading(session)
        except apsw.InterruptError as error:
            raise TookLong from error
        except FAILURES as error:
            raise unavailable(error) from error

    def session(self) -> Session:
        """This thread's session."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None or self._closed:
            session = self._local.session = self._new()
        return session

    def _new(self) -> Session:
        with self._lock:
            if self._closed:
                raise Unavailable.of(CLOSED)
            require_there(self._path)
            session = Session(self._path, self._words)
            self._sessions.append(session)
            return session

    def close(self) -> None:
        """Wait for running reads and close every session."""
        self.pool.shutdown()
        with self._lock:
            self._closed = True
            for session in self._sessions:
                session.close()
            self._sessions.clear()
