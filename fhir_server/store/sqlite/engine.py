"""The parts of an open SQLite store, started and ended together."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import apsw

from conformance.errors import Unavailable
from fhir_server.store.clock import Clock
from fhir_server.store.sqlite import upkeep
from fhir_server.store.sqlite.bodies import Packer
from fhir_server.store.sqlite.layout import WRITER_CACHE, connect, meta, prepare
from fhir_server.store.sqlite.place import Turnstile, require_file_of_log, require_local
from fhir_server.store.sqlite.readers import Readers
from fhir_server.store.sqlite.readying import Readying
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.upkeep import Checkpoints, Merger, Pruner
from fhir_server.store.sqlite.words import Words
from fhir_server.store.sqlite.writer import Call, Job, Writer


class Engine:
    """Readers, writer and housekeeping of one file."""

    def __init__(self, path: Path, clock: Clock, horizon: int) -> None:
        require_local(path)
        path = path.resolve()  # By whatever links processes come to it, they must take turns at the same place.
        require_file_of_log(path)
        self.clock = clock
        words = Words(_hash_key(path))
        self._session = Session(path, words)
        self._session.db.execute(WRITER_CACHE).fetchall()
        self._turnstile = Turnstile(path)
        packer = Packer(self._session.db)
        self.merger = Merger(self._session.db)
        self._checkpoints = Checkpoints(path, self._session.db)
        self.pruner = Pruner(clock, horizon, self._submit_job)
        self.writer = Writer(self._session, packer, self._turnstile, clock, self)
        self.readers = Readers(path, words)
        self._readying = Readying(path, words)
        self.readied = self._readying.readied
        self._checkpoints.start()
        self.writer.start()

    def _submit_job(self, job: Job) -> None:
        with suppress(Unavailable):  # Closing: it is done next time.
            self.writer.submit(Call((), job=job))

    def before_commit(self, versions: int) -> None:
        """See ``writer.Upkeep``."""
        self.merger.before_commit(versions)

    def after_group(self) -> None:
        """See ``writer.Upkeep``. What fails here, such as on a full disk, the next write will tell."""
        with suppress(apsw.Error):
            self._checkpoints.after_group()
        self.pruner.after_group()

    def idle(self) -> bool:
        """See ``writer.Upkeep``."""
        more = False
        with suppress(apsw.Error, Unavailable), self._turnstile.turn():
            self.merger.idle()
            upkeep.give_back(self._session.db)
            more = self.merger.has_more
        self._checkpoints.idle()
        self.after_group()
        return more

    def close(self) -> None:
        """Finish what is queued, copy the log back, release everything.

        A log that cannot be copied now, as others are at work on it or the disk is full, stays for the next time.
        """
        self.writer.close()
        self._checkpoints.close()
        self.readers.close()
        self._readying.close()
        self._session.db.set_busy_timeout(0)
        with suppress(apsw.Error):
            self._session.db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._session.close()
        self._turnstile.close()


def _hash_key(path: Path) -> bytes:
    """The installation's key, made with the tables."""
    db = connect(path)
    try:
        prepare(db, path)
        key = meta(db, "hash_key")
    finally:
        db.close()
    return key if isinstance(key, bytes) else b""
