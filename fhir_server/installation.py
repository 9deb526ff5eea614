"""The installation: the key under which ids are made, and the canonical base. Both are chosen once.

They are baked into every stored resource, so a store keeps its own copy; the file serves what has no store (``map``)
and gives a new store its values. The key is a secret: who has it can test which person an id belongs to.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import msgspec

from conformance.errors import Conflict
from conformance.issues import Message, Severity
from fhir_server.store.protocol import Record, Store, Unit
from terminology.names import DEFAULT_BASE

SPACE = "installation"
_NAME = "installation"
_KEY_BYTES = 32

OTHER_BASE = Message(
    "BLK-6201",
    Severity.ERROR,
    "conflict",
    "The canonical base is {kept} since {place} was made; it cannot become {asked}.",
    "Gốc canonical đã là {kept} từ khi tạo {place}; không thể đổi thành {asked}.",
)


@dataclass(frozen=True, slots=True)
class Installation:
    """``key``: the HMAC key of ids, 32 bytes. ``base``: canonical base of our definitions, without a final slash."""

    key: bytes
    base: str

    def encode(self) -> bytes:
        """JSON bytes, the key in hexadecimal."""
        return msgspec.json.encode({"key": self.key.hex(), "base": self.base})

    @classmethod
    def decode(cls, data: bytes) -> Installation:
        """The installation that ``encode`` wrote."""
        fields = msgspec.json.decode(data, type=dict[str, str])
        return cls(bytes.fromhex(fields["key"]), fields["base"])


def default_path() -> Path:
    """``fhir-server/installation.json`` under XDG_DATA_HOME."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "fhir-server" / "installation.json"


def from_file(path: Path, base: str | None = None) -> Installation:
    """The installation of this file, made now (with ``base``) when there is none; Conflict when ``base`` differs."""
    wanted = base.rstrip("/") if base else None
    if not path.exists():
        _create(path, Installation(secrets.token_bytes(_KEY_BYTES), wanted or DEFAULT_BASE))
    return _checked(Installation.decode(path.read_bytes()), wanted, str(path))


async def of_store(store: Store, path: Path, base: str | None = None) -> Installation:
    """The installation of this store; a new store takes the file's. Conflict when ``base`` differs from it."""
    wanted = base.rstrip("/") if base else None
    kept = await store.record(SPACE, _NAME)
    if kept is None:
        made = from_file(path, base)
        await store.transact([Unit(records=(Record(SPACE, _NAME, made.encode()),))])
        return made
    return _checked(Installation.decode(kept), wanted, "the store")


def _checked(found: Installation, wanted: str | None, place: str) -> Installation:
    if wanted and wanted != found.base:
        raise Conflict.of(OTHER_BASE, kept=found.base, asked=wanted, place=place)
    return found


def _create(path: Path, made: Installation) -> None:
    """Write the file readable by its owner alone; a file that another process made meanwhile is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(made.encode())
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
