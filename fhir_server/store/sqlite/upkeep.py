"""Housekeeping: entries past the horizon, posting-list merges, checkpoints.

The posting lists are merged by the writer in small steps (automerge is off: its bursts hold up commits). The log is
copied back by a thread of its own; the writer pauses only when the log grows long all the same.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import apsw

from fhir_server.store.clock import Clock
from fhir_server.store.sqlite.layout import BUSY_TIMEOUT, connect, meta
from fhir_server.store.sqlite.points import vids_at
from fhir_server.store.sqlite.records import held
from fhir_server.store.sqlite.session import Session
from fhir_server.store.sqlite.writer import Job

#: Pages by which the write-ahead log grows before it is copied back while writing goes on: a page that was written
#: often meanwhile is copied once. Pages that are copied while nothing is written, and from which the writer waits.
_COPY_PAGES, _REST_PAGES, _PAUSE_PAGES = 8_000, 2_000, 20_000
#: Milliseconds that the writer waits for readers at most.
_PAUSE = 1_000
#: The least pages of a merge step, versions that ask for one more, and pages of a step while idle.
_MERGE_PAGES, _VERSIONS_A_PAGE, _IDLE_PAGES = 24, 4, 64
#: The least number of segments of a size that are merged; FTS5 has 4 unless it is told.
_MERGED_AT_ONCE = "INSERT INTO idx (idx, rank) VALUES ('usermerge', ?)"
#: Free pages that a file keeps, its part that may be free besides, and pages that go back in one step.
_FREE_PAGES, _FREE_SHARE, _BACK_PAGES = 256, 10, 500
#: Ended versions whose entries go in one transaction.
PRUNE_BATCH = 500
#: Seconds between rounds of pruning.
PRUNE_EVERY = 60.0
_TABLES_OF_VERSION = ("span_of", "ref_out")


def has_room(db: apsw.Connection) -> bool:
    """Are so many pages free that some should go back to the file system? Never in a file that cannot shrink."""
    free = int(db.pragma("freelist_count"))
    return free > max(_FREE_PAGES, int(db.pragma("page_count")) // _FREE_SHARE) and int(db.pragma("auto_vacuum")) > 0


def give_back(db: apsw.Connection) -> None:
    """Give some free pages back to the file system."""
    if has_room(db):
        db.execute(f"PRAGMA incremental_vacuum({_BACK_PAGES})").fetchall()


class Merger:
    """Merges posting lists a little with every second group, and more while idle.

    A word is looked for in each segment of the lists. With groups four segments of a size become one, as this takes the
    least work; while idle two do, which leaves a third of the segments.
    """

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._groups = 0
        self._versions = 0
        self.has_more = True
        """There may be something left to merge."""

    def before_commit(self, versions: int) -> None:
        """A step with a group of so many versions."""
        self.has_more = self.has_more or versions > 0
        self._groups += 1
        self._versions += versions
        if self._groups % 2 == 0 and self._versions:
            self._step(max(_MERGE_PAGES, self._versions // _VERSIONS_A_PAGE))
            self._versions = 0

    def step(self) -> None:
        """Merge some more, inside a transaction: one after which there is nothing left has changed nothing."""
        self.has_more = self._step(_IDLE_PAGES) or self._in_pairs()

    def idle(self) -> None:
        """A step of its own, unless there is nothing left to merge."""
        if self.has_more:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self.step()
                if self.has_more:
                    self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def _in_pairs(self) -> bool:
        self._db.execute(_MERGED_AT_ONCE, (2,))
        merged = self._step(_IDLE_PAGES)
        self._db.execute(_MERGED_AT_ONCE, (4,))
        return merged

    def _step(self, pages: int) -> bool:
        """True when the step merged something."""
        before = self._db.total_changes()
        self._db.execute("INSERT INTO idx (idx, rank) VALUES ('merge', ?)", (pages,))
        return self._db.total_changes() - before > 1


class Checkpoints:
    """Copies the write-ahead log back in a thread of its own."""

    def __init__(self, path: Path, writer: apsw.Connection) -> None:
        self._path = path
        self._writer = writer
        self._pages = self._copied = 0
        self._limit = _PAUSE_PAGES
        self._wanted = threading.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="store-checkpoints", daemon=True)
        writer.set_wal_hook(self._committed)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def _committed(self, _db: apsw.Connection, _name: str, pages: int) -> int:
        if pages < self._pages:
            self._copied = 0  # The log began anew.
        self._pages = pages
        self._copy_after(_COPY_PAGES)
        return 0

    def _copy_after(self, growth: int) -> None:
        if self._pages - self._copied >= growth:
            self._copied = self._pages
            self._wanted.set()

    def idle(self) -> None:
        """Copy what is worth it. Called by the writer."""
        self._copy_after(_REST_PAGES)

    def after_group(self) -> None:
        """Wait until a log that has grown long is copied, so that it begins anew. Called by the writer.

        A long read, such as that of a backup, keeps it from that: then the log may grow by as much again first.
        """
        if self._pages < self._limit:
            return
        self._limit = self._pages + _PAUSE_PAGES
        self._pages = 0
        self._writer.set_busy_timeout(_PAUSE)
        try:
            with suppress(apsw.BusyError):
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
                self._limit = _PAUSE_PAGES
                self._copied = 0
        finally:
            self._writer.set_busy_timeout(BUSY_TIMEOUT)

    def _run(self) -> None:
        db = connect(self._path)
        while self._wanted.wait() and not self._ending:
            self._wanted.clear()
            with suppress(apsw.Error):  # Busy, or the disk is full: the next time copies this too.
                db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        db.close()

    def close(self) -> None:
        """End the thread."""
        self._ending = True
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()


class Pruner:
    """Lets positions expire and their entries go, now and then."""

    def __init__(self, clock: Clock, horizon: int, submit: Callable[[Job], object]) -> None:
        self._clock = clock
        self._horizon = horizon
        self._submit = submit
        self._due = time.monotonic() + PRUNE_EVERY

    def after_group(self) -> None:
        """Begin when it is time. Called by the writer."""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + PRUNE_EVERY
            self._submit(self._round)

    def _round(self, session: Session) -> None:
        self.expire(session)
        prune(session)
        if has_expired(session):
            self._submit(self._round)

    def expire(self, session: Session) -> None:
        """A job: the last position older than the horizon, and not held, becomes the oldest searchable one."""
        first_young = vids_at(session.db, (self._clock() - self._horizon + 1,))[0]
        position = session.settle(min((first_young - 1, *held(session.db))))
        session.db.execute("UPDATE meta SET value = max(value, ?) WHERE name = 'expired'", (position,))


def prune(session: Session) -> None:
    """A job that removes the entries of one batch of versions that no searchable position sees."""
    sql = "SELECT vid FROM ended WHERE at <= ? ORDER BY vid LIMIT ?"
    vids = session.db.execute(sql, (meta(session.db, "expired"), PRUNE_BATCH)).fetchall()
    drop_entries(session, vids)
    session.db.executemany("DELETE FROM ended WHERE vid = ?", vids)


def drop_entries(session: Session, vids: Sequence[tuple[apsw.SQLiteValue, ...]]) -> None:
    """Remove every entry of these versions."""
    session.db.executemany("DELETE FROM idx WHERE rowid = ?", vids)
    spans = "SELECT n, low, vid, high FROM span_of WHERE vid = ?"
    rows = [row for vid in vids for row in session.db.execute(spans, vid)]
    session.db.executemany("DELETE FROM span WHERE n = ? AND low = ? AND vid = ? AND high = ?", rows)
    references = "SELECT h, n, vid FROM ref_out WHERE vid = ?"
    rows = [row for vid in vids for row in session.db.execute(references, vid)]
    session.db.executemany("DELETE FROM ref_in WHERE h = ? AND n = ? AND vid = ?", rows)
    for table in _TABLES_OF_VERSION:
        session.db.executemany(f"DELETE FROM {table} WHERE vid = ?", vids)


def has_expired(session: Session) -> bool:
    """Is there something to prune?"""
    sql = "SELECT EXISTS (SELECT 1 FROM ended WHERE at <= ?)"
    return bool(session.db.execute(sql, (meta(session.db, "expired"),)).get)
