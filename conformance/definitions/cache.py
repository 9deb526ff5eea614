"""The file of one compiled package: a header that tells where everything is, then sections read on demand.

Layout: magic, sha256 of the head, length of the head, head (msgpack), sections. The head states size and sha256 of the
sections. Sections are packed with zstandard, each with a checksum of its own; the catalogue is not packed, so that it
can be searched in place. The file is mapped, not read, so that the processes of one machine share it. What fails a
checksum is reported, never used.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec
import zstandard
from msgspec import Struct

from conformance import messages
from conformance.errors import FhirError, Unavailable
from conformance.issues import Message

#: Raised by one when the model or the compiler changes: older files are then rebuilt.
COMPILER = 3

_MAGIC = b"FHIRDEF\n"
_SUM = slice(8, 40)
_LENGTH = slice(40, 44)
_HEAD_START = 44
_LEVEL = 9


class Span(Struct, frozen=True, array_like=True):
    """Where a section stands, in bytes from the end of the head."""

    offset: int
    length: int


class Header(Struct, frozen=True, array_like=True):
    """What the file holds.

    ``catalogue`` is the index of all resources and ``rows`` what it leads to; ``catalogue_sum`` is the CRC-32 of both.
    The rest is filled in the base package alone: ``structures`` goes by type name, ``canonicals`` leads to that name.
    """

    compiler: int
    package: str
    version: str
    digest: str
    catalogue: Span
    rows: Span
    catalogue_sum: int
    resource_types: tuple[str, ...] = ()
    structures: dict[str, Span] = {}
    canonicals: dict[str, str] = {}
    parameters: Span | None = None
    compartments: Span | None = None


class _Head(Struct, frozen=True, array_like=True):
    size: int
    sum: bytes
    header: Header


class Sections:
    """Sections on their way into a file."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0
        self._packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)

    def add(self, content: bytes) -> Span:
        """Where ``content`` will stand, packed."""
        return self.add_plain(self._packer.compress(content))

    def add_plain(self, content: bytes) -> Span:
        """Where ``content`` will stand, as it is."""
        span = Span(self.size, len(content))
        self._parts.append(content)
        self.size += len(content)
        return span

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)


def write(path: Path, header: Header, sections: Sections) -> None:
    """Puts the file in place at once: a reader, or a second writer, sees the old one or the new one, whole."""
    digest = hashlib.sha256()
    for part in sections:
        digest.update(part)
    head = msgspec.msgpack.encode(_Head(sections.size, digest.digest(), header))
    put(path, [_MAGIC, hashlib.sha256(head).digest(), len(head).to_bytes(4, "big"), head, *sections])


def put(path: Path, parts: list[bytes]) -> None:
    """Writes a file of these parts durably beside ``path``, then gives it that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(parts)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # public data, which the server may read under another account
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Archive:
    """An opened file. Raises Unavailable when it is absent, cut off, altered or of another compiler.

    With ``whole`` all of it is checked at once, else the head; every section is checked again when it is read.
    """

    absent: ClassVar[Message] = messages.DEFINITIONS_ABSENT
    damaged: ClassVar[Message] = messages.DEFINITIONS_DAMAGED

    def __init__(self, path: Path, *, whole: bool = True) -> None:
        self.path = path
        self._content = self._map()
        if self._content[:8] != _MAGIC:
            raise self.damage("not a file of definitions")
        self._body = _HEAD_START + int.from_bytes(self._content[_LENGTH], "big")
        head = self._read_head()
        self.header = head.header
        if len(self._content) != self._body + head.size:
            raise self.damage("size")
        if whole and hashlib.sha256(memoryview(self._content)[self._body :]).digest() != head.sum:
            raise self.damage("checksum")

    def section(self, span: Span) -> bytes:
        """The unpacked section."""
        # A decompressor serves one thread; making one costs less than a lock.
        try:
            return zstandard.ZstdDecompressor().decompress(self.plain(span.offset, span.length))
        except zstandard.ZstdError as error:
            raise self.damage(error) from error

    def plain(self, offset: int, length: int) -> bytes:
        """``length`` bytes as they stand ``offset`` bytes behind the head."""
        start = self._body + offset
        return self._content[start : start + length]

    def check_catalogue(self) -> None:
        """Raises Unavailable when the catalogue is not the one that was written."""
        header, total = self.header, 0
        for span in (header.catalogue, header.rows):
            start = self._body + span.offset
            total = zlib.crc32(memoryview(self._content)[start : start + span.length], total)
        if total != header.catalogue_sum:
            raise self.damage("checksum of the catalogue")

    def damage(self, detail: object) -> FhirError:
        """The error that this file is damaged."""
        return Unavailable.of(self.damaged, path=self.path, detail=detail)

    def _read_head(self) -> _Head:
        packed = self._content[_HEAD_START : self._body]
        if hashlib.sha256(packed).digest() != self._content[_SUM]:
            raise self.damage("checksum")
        try:
            return msgspec.msgpack.decode(packed, type=_Head)
        except msgspec.MsgspecError as error:
            raise self.damage(error) from error

    def _map(self) -> mmap.mmap:
        try:
            with self.path.open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError as error:
            raise Unavailable.of(self.absent, directory=self.path.parent, path=self.path) from error
        except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
            raise self.damage(error) from error
