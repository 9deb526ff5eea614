"""Reading files of resources, one a line, plain or packed with gzip or zstd, in pieces of bounded size.

https://hl7.org/fhir/R4/nd-json.html. Functions here block; call them in a thread.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import zstandard

#: Lines and bytes after which a piece ends.
LINES, BYTES = 250, 128 * 1024
#: Bytes of the longest line that is looked at.
LONGEST = 16 * 1024 * 1024
_BLOCK = 256 * 1024
#: Packed bytes that are unpacked at a time. Four bytes of zstd can stand for 128 KiB.
_SLICE = 1024
_WINDOW = 128 * 1024 * 1024

_UNPACKERS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"\x28\xb5\x2f\xfd": lambda: zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj(),
}
#: What reading a damaged file raises.
DAMAGE = (OSError, EOFError, zlib.error, zstandard.ZstdError)


class TooManyBytes(ValueError):
    """More than the limit; its text is the limit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that follow each other; None stands for one that is longer than ``LONGEST``."""

    line: int
    """Lines before it."""
    offset: int
    """Unpacked bytes before its end."""
    lines: tuple[bytes | None, ...]


class _Unpacked(io.RawIOBase):
    """All members of a gzip file or frames of a zstd file. Raises EOFError when the last one is cut off."""

    def __init__(self, packed: IO[bytes], start: Callable[[], Any]) -> None:
        self._packed, self._start = packed, start
        self._member: Any = None
        self._rest = self._given = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._rest:
            self._given = self._given or self._packed.read(_SLICE)
            if not self._given:
                if self._member is not None:
                    raise EOFError("it ends in the middle of packed data")
                return 0
            self._rest = self._unpack(self._given)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _unpack(self, given: bytes) -> bytes:
        self._member = self._member or self._start()
        found: bytes = self._member.decompress(given)
        self._given = b""
        if self._member.eof:
            self._given, self._member = self._member.unused_data, None
        return found


class Lines:
    """An open file. ``limit`` is the most unpacked bytes that are read of it; 0 for any number."""

    def __init__(self, path: Path, *, limit: int = 0) -> None:
        self._file = path.open("rb")
        self.size = os.fstat(self._file.fileno()).st_size
        head = self._file.read(4)
        self._file.seek(0)
        start = next((start for magic, start in _UNPACKERS.items() if head.startswith(magic)), None)
        self._is_plain = start is None
        self._stream: Any = io.BufferedReader(_Unpacked(self._file, start), _BLOCK) if start else self._file
        self._limit = limit
        self.line = self.offset = 0

    @property
    def read(self) -> int:
        """Bytes of the file that were read, packed as they are."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def skip(self, line: int, offset: int) -> None:
        """Go to a place where a piece ended."""
        if self._is_plain:
            self._stream.seek(offset)
        else:
            left = offset
            while left and (block := self._stream.read(min(left, _BLOCK))):
                left -= len(block)
        self.line, self.offset = line, offset

    def pieces(self) -> Iterator[Piece]:
        """The rest of the file. Raises what ``DAMAGE`` lists, and TooManyBytes; what came before is whole."""
        is_end = False
        while not is_end:
            first, begun, lines = self.line, self.offset, list[bytes | None]()
            try:
                while len(lines) < LINES and self.offset - begun < BYTES and not is_end:
                    is_end = not self._take(lines)
            except (*DAMAGE, TooManyBytes):
                if lines:
                    yield Piece(first, self.offset, tuple(lines))
                raise
            if lines:
                yield Piece(first, self.offset, tuple(lines))

    def _take(self, lines: list[bytes | None]) -> bool:
        """One more line; False at the end."""
        part = line = self._line()
        while len(part) == LONGEST and not part.endswith(b"\n"):
            part = self._line()
        if not line:
            return False
        self.line += 1
        lines.append(None if part is not line else line)
        return True

    def _line(self) -> bytes:
        part: bytes = self._stream.readline(LONGEST)
        if self._limit and self.offset + len(part) > self._limit:
            raise TooManyBytes(self._limit)
        self.offset += len(part)
        return part
