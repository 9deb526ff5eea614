"""The file of compiled definitions: a header that tells where everything is, then packed sections read on demand.

Layout: magic, sha256 of all that follows, length of the header, header (msgpack), sections (zstandard). The file is
mapped, not read, so that the processes of one machine share it. A file that fails its checksum is reported, never used.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import zstandard
from msgspec import Struct

from conformance import messages
from conformance.errors import FhirError, Unavailable

#: Raised by one when the model or the compiler changes: older files are then rebuilt.
COMPILER = 1

_MAGIC = b"FHIRDEF\n"
_SUM = slice(8, 40)
_LENGTH = slice(40, 44)
_HEADER_START = 44
_LEVEL = 12


class Span(Struct, frozen=True, array_like=True):
    """Where a section stands, in bytes from the end of the header."""

    offset: int
    length: int


class Header(Struct, frozen=True, array_like=True):
    """What the file holds. ``structures`` goes by type name, ``canonicals`` leads from a URL to that name."""

    compiler: int
    package: str
    version: str
    digest: str
    resource_types: tuple[str, ...]
    structures: dict[str, Span]
    canonicals: dict[str, str]
    parameters: Span
    compartments: Span
    resources: Span
    blocks: tuple[Span, ...]


class ResourcePlace(Struct, frozen=True, array_like=True):
    """Where the published text of one resource stands: ``length`` bytes from ``start`` of the unpacked block."""

    type: str
    id: str
    url: str
    version: str
    block: int
    start: int
    length: int


class Sections:
    """Packed sections on their way into a file."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._packer = zstandard.ZstdCompressor(level=_LEVEL)

    def add(self, content: bytes) -> Span:
        """Where ``content`` will stand."""
        packed = self._packer.compress(content)
        span = Span(self._size, len(packed))
        self._parts.append(packed)
        self._size += len(packed)
        return span

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)


def write(path: Path, header: Header, sections: Iterable[bytes]) -> None:
    """Puts the file in place at once: a reader, or a second writer, sees the old one or the new one, whole."""
    packed = msgspec.msgpack.encode(header)
    content = b"".join((len(packed).to_bytes(4, "big"), packed, *sections))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(content).digest() + content)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # public data, which the server may read under another account
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class Archive:
    """An opened file. Raises Unavailable when it is absent, cut off, altered or of another compiler."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = _map(path)
        if self._content[:8] != _MAGIC:
            raise self._damaged("not a file of definitions")
        if hashlib.sha256(memoryview(self._content)[40:]).digest() != self._content[_SUM]:
            raise self._damaged("checksum")
        self._body = _HEADER_START + int.from_bytes(self._content[_LENGTH], "big")
        self.header = self._decode_header()

    def section(self, span: Span) -> bytes:
        """The unpacked section."""
        start = self._body + span.offset
        # A decompressor serves one thread; making one costs less than a lock.
        return zstandard.ZstdDecompressor().decompress(self._content[start : start + span.length])

    def _decode_header(self) -> Header:
        packed = self._content[_HEADER_START : self._body]
        try:
            return msgspec.msgpack.decode(packed, type=Header)
        except msgspec.MsgspecError as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, detail: str) -> FhirError:
        return Unavailable.of(messages.DEFINITIONS_DAMAGED, path=self.path, detail=detail)


def _map(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise Unavailable.of(messages.DEFINITIONS_ABSENT, directory=path.parent) from error
    except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise Unavailable.of(messages.DEFINITIONS_DAMAGED, path=path, detail=error) from error
