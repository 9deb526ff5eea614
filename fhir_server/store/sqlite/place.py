"""Where the file lies: refuse network file systems, and take turns with other processes fairly."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.errors import NotSupported, Unavailable
from fhir_server.store.messages import CORRUPT, NETWORK_FILE_SYSTEM

#: File systems whose locks or shared memory SQLite's WAL cannot rely on.
NETWORK = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "lustre",
        "ncpfs",
    }
)
_MOUNTS = Path("/proc/self/mounts")
_MOVED = "{} was moved or removed while it is open"


def require_local(path: Path) -> None:
    """Raise ``NotSupported`` when ``path``, or what it links to, lies on a network file system (where this is told)."""
    kind = file_system(path.resolve(), _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else "")
    if kind in NETWORK:
        raise NotSupported.of(NETWORK_FILE_SYSTEM, path=path, kind=kind)


def require_file_of_log(path: Path) -> None:
    """Raise ``Unavailable`` when there is a log beside ``path`` and no store: opening it would drop what it holds."""
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size and not (path.exists() and path.stat().st_size):
        raise Unavailable.of(CORRUPT, detail=f"{path} is gone, and {log.name} is there")


def file_system(path: Path, mounts: str) -> str:
    """The type of the file system that holds ``path``, by the text of /proc/self/mounts; "" when unknown."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        if path.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def _beside(path: Path, suffix: str) -> int:
    """A file beside that of a store, open; as SQLite does it, it belongs to the owner of the store.

    Else who administers the store with the rights of root would shut its server out.
    """
    file = os.open(f"{path}{suffix}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    if os.geteuid() == 0 and path.exists():
        owner = path.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)
    return file


def require_there(path: Path) -> None:
    """Raise ``Unavailable`` when an open store's file is gone: another connection would make an empty one."""
    if not path.exists():
        raise Unavailable.of(CORRUPT, detail=_MOVED.format(path))


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from any other; None when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Turnstile:
    """A lock between processes that serves those who wait in turn; SQLite's own busy handler is unfair.

    Who wants in holds the outer lock while waiting for the inner one, so the last holder cannot overtake.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._identity = path, _identity(path)
        self._outer, self._inner = _beside(path, "-queue"), _beside(path, "-turn")

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn, and give it up at the end.

        Raises ``Unavailable`` when the file is no longer where it was: what is written to it would be gone at the end.
        """
        fcntl.flock(self._outer, fcntl.LOCK_EX)
        fcntl.flock(self._inner, fcntl.LOCK_EX)
        fcntl.flock(self._outer, fcntl.LOCK_UN)
        try:
            if _identity(self._path) != self._identity:
                raise Unavailable.of(CORRUPT, detail=_MOVED.format(self._path))
            yield
        finally:
            fcntl.flock(self._inner, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release the files."""
        os.close(self._outer)
        os.close(self._inner)
