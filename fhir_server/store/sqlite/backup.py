"""Copies of a store's file: made while others write, verified, and put back. https://sqlite.org/backup.html

A copy is one state of the store: it is read in one read transaction, in steps, while writers go on; until it is made
the write-ahead log cannot begin anew and grows. The copy gets its name only when it was found whole and is on disk.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from stat import S_IMODE
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

import apsw

from conformance.errors import Conflict, NotFound, NotSupported, Unavailable
from fhir_server.store.messages import NEWER_LAYOUT
from fhir_server.store.sqlite import check_versions
from fhir_server.store.sqlite.check_versions import Report
from fhir_server.store.sqlite.faults import translated
from fhir_server.store.sqlite.layout import MIGRATIONS, meta
from fhir_server.store.sqlite.messages import BAD_COPY, BEING_MADE, EXISTS, IN_USE, NO_BACKUP, NOT_A_STORE, NOT_EMPTY
from fhir_server.store.sqlite.place import require_local
from fhir_server.store.sqlite.words import Words

#: Pages that one step copies.
STEP_PAGES = 4_000
#: Where SQLite keeps its locks on a file: every connection to a write-ahead log holds one of them.
_LOCKS, _LOCKS_LENGTH = 0x40000000, 512
#: Files beside a store's file that belong to one state of it.
_LOGS = ("-wal", "-shm", "-journal")


def _logs_of(path: Path) -> list[Path]:
    return [Path(f"{path}{suffix}") for suffix in _LOGS]


def _drop_logs(path: Path) -> None:
    for log in _logs_of(path):
        log.unlink(missing_ok=True)


class Copied(NamedTuple):
    """What a copy holds, and how long it took."""

    versions: int
    bytes: int
    seconds: float


def backup(source: Path, target: Path, report: Report) -> Copied:
    """Copy the store in ``source``, which may be in use, to the new file ``target``. ``report`` is told of pages.

    Raises NotFound without a source, Conflict when the target, or a log of one that was there, exists, Unavailable
    when the copy is not whole.
    """
    for path in (target, *_logs_of(target)):
        if path.exists():
            raise Conflict.of(EXISTS, path=path)
    return _copied(source, target, report, _place_new, at_rest=False)


def restore(source: Path, target: Path, report: Report, *, replace: bool = False) -> Copied:
    """Put the store that ``source`` holds in the place of ``target``, which nobody may have open.

    Raises Conflict when the target is in use, or when it is not empty and not to be replaced.
    """
    require_local(target)
    target = target.resolve()  # Where it is a link, what it leads to is the store.
    _require_free(target, replace=replace)

    def place(part: Path, target: Path) -> None:
        if target.exists():
            _replace(part, target)
        else:
            _drop_logs(target)  # Those of a store that was removed: SQLite would put them into this one.
            _place_new(part, target)

    return _copied(source, target, report, place, at_rest=True)


_Place: TypeAlias = Callable[[Path, Path], None]


def _copied(source: Path, target: Path, report: Report, place: _Place, *, at_rest: bool) -> Copied:
    started = time.monotonic()
    if not source.is_file():
        raise NotFound.of(NO_BACKUP, path=source)
    with translated(), _part_of(target) as part:
        _copy(source, part, report, at_rest=at_rest)
        count = _verified(part, source, report)
        place(part, target)
    return Copied(count, target.stat().st_size, time.monotonic() - started)


@contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """A file beside ``target`` that no other process writes, gone at the end; what a killed one left is cleared."""
    part = target.with_name(f"{target.name}.part")
    file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(file, part)
        try:
            os.ftruncate(file, 0)
            yield part
        finally:
            part.unlink(missing_ok=True)
            _drop_logs(part)
    finally:
        os.close(file)


def _take(file: int, part: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_still_there = os.fstat(file).st_ino == part.stat().st_ino
    except (BlockingIOError, FileNotFoundError):
        is_still_there = False
    if not is_still_there:
        raise Conflict.of(BEING_MADE, path=part)


def _copy(source: Path, part: Path, report: Report, *, at_rest: bool) -> None:
    with closing(reading(source, at_rest=at_rest)) as old, closing(apsw.Connection(str(part))) as new:
        new.execute("PRAGMA synchronous=OFF")
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchall()
        with new.backup("main", old, "main") as steps:
            while not steps.done:
                steps.step(STEP_PAGES)
                report(steps.page_count - steps.remaining, steps.page_count)
        old.execute("COMMIT")


def reading(path: Path, *, at_rest: bool = False) -> apsw.Connection:
    """A connection for reading. ``at_rest``: nobody writes the file, so it takes no lock and makes no file."""
    path = path.resolve()  # SQLite keeps the log beside the file itself, not beside a link to it.
    writable = os.access(path.parent, os.W_OK) and os.access(path, os.W_OK)
    if Path(f"{path}-wal").exists() or (writable and not at_rest):
        return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    uri = f"file:{quote(str(path))}?immutable=1"
    return apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def _verified(part: Path, source: Path, report: Report) -> int:
    """The number of versions in a whole copy of ``source``."""
    with closing(reading(part, at_rest=True)) as db:
        found = int(db.pragma("user_version"))
        if not found:
            raise NotSupported.of(NOT_A_STORE, path=source)
        if found > len(MIGRATIONS):
            raise NotSupported.of(NEWER_LAYOUT, path=source, found=found, known=len(MIGRATIONS))
        key = meta(db, "hash_key")
        words = Words(key if isinstance(key, bytes) else b"")
        for finding in chain(check_versions.pages(db), check_versions.versions(db, words, report)):
            raise Unavailable.of(BAD_COPY, detail=finding.text())
        return int(db.execute("SELECT count(*) FROM version").get)


def _place_new(part: Path, target: Path) -> None:
    """Give the copy its name, durably; Conflict when somebody else took it meanwhile."""
    _synchronise(part)
    try:
        os.link(part, target)
    except FileExistsError:
        raise Conflict.of(EXISTS, path=target) from None
    _synchronise(target.absolute().parent)


def _synchronise(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


# The place of a restore


def _require_free(target: Path, *, replace: bool) -> None:
    if not target.exists() or not target.stat().st_size:
        return
    with _alone(target):
        pass
    with translated(), suppress(apsw.NotADBError, apsw.CorruptError):
        _put_log_back(target)
    if not replace and not _is_empty(target):
        raise Conflict.of(NOT_EMPTY, path=target)


def _replace(part: Path, target: Path) -> None:
    """Put the copy in the place of a store, whose owner and mode it gets: who served that one may serve this one."""
    before = target.stat()
    part.chmod(S_IMODE(before.st_mode))
    with suppress(PermissionError):
        os.chown(part, before.st_uid, before.st_gid)
    _synchronise(part)
    with _alone(target):
        _drop_logs(target)
        part.rename(target)
    _synchronise(target.absolute().parent)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """No other process has the store open, or opens it meanwhile."""
    with target.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCKS_LENGTH, _LOCKS)
        except OSError:
            raise Conflict.of(IN_USE, path=target) from None
        yield


def _put_log_back(target: Path) -> None:
    """Leave the whole store in its one file: what is replaced stays whole until the moment it is."""
    with closing(apsw.Connection(str(target))) as db:
        try:
            db.execute("PRAGMA journal_mode=DELETE").fetchall()
        except apsw.BusyError:
            raise Conflict.of(IN_USE, path=target) from None


def _is_empty(target: Path) -> bool:
    try:
        with closing(reading(target)) as db:
            return not any(db.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").get for table in ("version", "record"))
    except apsw.Error:
        return False
