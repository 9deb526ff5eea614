"""A connection with what belongs to it: interned names, the unpacker, the hash key. One thread at a time uses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, thread_time

import apsw

from fhir_server.store.sqlite.bodies import Unpacker
from fhir_server.store.sqlite.layout import connect
from fhir_server.store.sqlite.names import NameTable
from fhir_server.store.sqlite.words import Words

#: Steps of SQLite's machine between two looks at the clocks: some tens of microseconds.
STEPS = 1_000
#: How much longer than it may work a brief read may take.
WAITING = 10
_NEWEST = "SELECT (SELECT coalesce(max(vid), 0) FROM version), (SELECT coalesce(max(n), 0) FROM name)"


class Session:
    """One connection to the store's file."""

    def __init__(self, path: Path, words: Words) -> None:
        self.db: apsw.Connection = connect(path)
        self.words = words
        self.names = NameTable(self.db)
        self.unpacker = Unpacker(self.db)

    @contextmanager
    def snapshot(self) -> Iterator[int]:
        """One read transaction; gives the latest position inside it."""
        self.db.execute("BEGIN")
        try:
            ((latest, newest_name),) = self.db.execute(_NEWEST)
            self.names.steady(newest_name)
            yield latest
        finally:
            self.names.unsteady()
            self.db.set_progress_handler(None)
            self.db.execute("COMMIT")

    @contextmanager
    def briefly(self, seconds: float) -> Iterator[None]:
        """Reading is interrupted after so much of the processor's time, with ``apsw.InterruptError``.

        It may wait longer, for the disk or for its turn with the processor.
        """
        until, end = thread_time() + seconds, monotonic() + WAITING * seconds
        self.db.set_progress_handler(lambda: thread_time() > until or monotonic() > end, STEPS)
        try:
            yield
        finally:
            self.db.set_progress_handler(None)

    def latest(self) -> int:
        """The position of the last unit, 0 when nothing was written."""
        return int(self.db.execute("SELECT coalesce(max(vid), 0) FROM version").get)

    def last_updated(self) -> int:
        """The least lastUpdated, in milliseconds, that the next commit may carry."""
        newest = self.db.execute("SELECT updated FROM version ORDER BY vid DESC LIMIT 1").get or 0
        floor = self.db.execute("SELECT value FROM meta WHERE name = 'floor'").get or 0
        return max(int(newest), int(floor))

    def forbid(self, at: int) -> None:
        """A job: commits after this one carry a later lastUpdated than this millisecond."""
        sql = "INSERT INTO meta VALUES ('floor', ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"
        self.db.execute(sql, (at + 1,))

    def settle(self, position: int) -> int:
        """The last end of a unit at or before ``position``."""
        sql = "SELECT vid, made FROM version WHERE vid <= ? ORDER BY vid DESC"
        first = None
        for vid, made in self.db.execute(sql, (position,)):
            if first is None and made == 0:
                return int(vid)
            first = vid + made if first is None else first
            if vid + made != first:
                return int(vid)
        return 0

    def close(self) -> None:
        """Close the connection."""
        self.db.close()
