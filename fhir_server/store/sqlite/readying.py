"""Writes made ready long before their turn, by whoever will transact them, on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fhir_server.store.protocol import Write
from fhir_server.store.sqlite.bodies import Packer
from fhir_server.store.sqlite.making import TOGETHER, Maker, Readied
from fhir_server.store.sqlite.names import NewNameError
from fhir_server.store.sqlite.place import Turnstile
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.words import Words


class Readying:
    """Opened when it is first asked. Any thread may ask, one at a time is served."""

    def __init__(self, path: Path, words: Words) -> None:
        self._path, self._words = path, words
        self._lock = threading.Lock()
        self._opened: _Open | None = None

    def readied(self, writes: Sequence[Write]) -> list[Write]:
        """See ``Store.readied``. Names and dictionaries that are wanted are stored at once."""
        with self._lock:
            opened = self._opened = self._opened or _Open(self._path, self._words)
            parts = [writes[at : at + TOGETHER] for at in range(0, len(writes), TOGETHER)]
            return [ready for part in parts for ready in opened.readied(part)]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._opened:
                self._opened.close()


class _Open:
    """A connection that writes seldom and little."""

    def __init__(self, path: Path, words: Words) -> None:
        self._session = Session(path, words)
        self._turnstile = Turnstile(path)
        self._packer = Packer(self._session.db, self._writing)
        self._maker = Maker(self._session.names, words, self._packer)

    def readied(self, writes: Sequence[Write]) -> list[Write]:
        self._packer.refresh()
        try:
            made = self._maker.of(writes)
        except NewNameError:
            with self._writing():
                self._maker.name(writes)
            made = self._maker.of(writes)
        return [Readied.of(write, one._replace(body=body)) for write, (one, body) in zip(writes, made, strict=True)]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        db = self._session.db
        with self._turnstile.turn():
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                    self._maker.forget()

    def close(self) -> None:
        self._session.close()
        self._turnstile.close()
