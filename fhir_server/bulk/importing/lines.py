"""Reading files of resources, one a line, plain or packed with gzip or zstd, in pieces of bounded size.

https://hl7.org/fhir/R4/nd-json.html. Functions here block; call them in a thread.
"""

from __future__ import annotations

import io
import os
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import zstandard

from conformance.errors import InvalidContent
from fhir_server.bulk.importing import messages

#: Lines and bytes after which a piece ends.
LINES, BYTES = 1000, 512 * 1024
#: Bytes of the longest line that is looked at.
LONGEST = 16 * 1024 * 1024
_BLOCK = 64 * 1024
#: Packed bytes that are unpacked at a time. Four bytes of zstd can stand for 128 KiB.
_SLICE = 1024
_WINDOW = 128 * 1024 * 1024


def _gzip() -> Any:
    return zlib.decompressobj(wbits=31)


def _zstd() -> Any:
    return zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()


#: By how a file begins; zstd may begin with a frame to skip, as pzstd writes it.
_UNPACKERS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": _gzip,
    b"\x28\xb5\x2f\xfd": _zstd,
    **{bytes((first, 0x2A, 0x4D, 0x18)): _zstd for first in range(0x50, 0x60)},
}
#: What unpacking raises where it is not what was packed.
CORRUPTION = (zlib.error, zstandard.ZstdError)
#: What reading a damaged file raises.
DAMAGE = (OSError, InvalidContent, *CORRUPTION)


class TooManyBytes(ValueError):
    """More than the limit; its text is the limit."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that follow each other."""

    line: int
    """Lines before it."""
    offset: int
    """Unpacked bytes before its end."""
    count: int
    """Lines in it."""
    content: bytes | None
    """They themselves; None stands for one line that is longer than ``LONGEST``."""


class _Unpacked(io.RawIOBase):
    """All members of a gzip file or frames of a zstd file. Raises InvalidContent when the last one is cut off.

    Zeros between and after them are passed over, as gzip does: tapes and disks pad with them.
    """

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
                    raise InvalidContent.of(messages.CUT_OFF)
                return 0
            self._rest = self._unpack(self._given)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _unpack(self, given: bytes) -> bytes:
        if self._member is None:
            given = given.lstrip(b"\0")
            self._member = self._start() if given else None
        if self._member is None:
            self._given = b""
            return b""
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
        self._stream = io.BufferedReader(_Unpacked(self._file, start), _BLOCK) if start else self._file
        self._limit = limit
        self._held = bytearray()
        self._is_end = False
        self._fault: Exception | None = None
        self.line = self.offset = 0

    @property
    def read(self) -> int:
        """Bytes of the file that were read, packed as they are."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def pass_over(self, is_wanted: Callable[[], bool]) -> None:
        """Unpack what is packed, up to the limit. Raises what ``DAMAGE`` lists."""
        left = self._limit or sys.maxsize
        while not self._is_plain and left > 0 and is_wanted() and (block := self._stream.read(_BLOCK)):
            left -= len(block)

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
        """The rest of the file. Raises what ``DAMAGE`` lists, and TooManyBytes; what came before is whole.

        Where a piece ends depends on where it begins and on nothing else.
        """
        while self._hold(BYTES):
            end = self._held.rfind(b"\n", 0, BYTES) + 1 or self._end_of_long_line()
            yield self._taken(end) if end else self._passed_over()
        if self._fault:
            raise self._fault

    def _hold(self, count: int) -> int:
        """Read on until so many bytes are held, or all up to the end or a fault; how many are held then."""
        while len(self._held) < count and not self._is_end:
            try:
                block = self._stream.read1(_BLOCK)
            except DAMAGE as error:
                self._ends(error)
                break
            self._is_end = not block
            self._held += block
            if self._limit and self.offset + len(self._held) > self._limit:
                del self._held[self._limit - self.offset :]
                self._ends(TooManyBytes(self._limit))
        return len(self._held)

    def _ends(self, fault: Exception) -> None:
        """The file cannot be read further: of what is held only whole lines count."""
        self._is_end, self._fault = True, fault
        del self._held[self._held.rfind(b"\n") + 1 :]

    def _end_of_long_line(self) -> int:
        """Where the line ends that is longer than a piece, or the last one; 0 when it is too long."""
        end = 0
        while not end and not self._is_end and len(self._held) <= LONGEST:
            begun = len(self._held)
            self._hold(begun + _BLOCK)
            end = self._held.find(b"\n", begun) + 1
        end = end or len(self._held)
        return end if end <= LONGEST else 0

    def _taken(self, end: int) -> Piece:
        """What is held up to ``end``, but no more lines than a piece may have."""
        content = bytes(memoryview(self._held)[:end])
        count = content.count(b"\n") + (not content.endswith(b"\n"))
        if count > LINES:
            end, count = 0, LINES
            for _ in range(LINES):
                end = content.index(b"\n", end) + 1
            content = content[:end]
        del self._held[: len(content)]
        return self._piece(count, len(content), content)

    def _passed_over(self) -> Piece:
        """The line that is too long, up to its end."""
        size = end = 0
        while not end and self._hold(1):
            end = self._held.find(b"\n") + 1
            size += end or len(self._held)
            del self._held[: end or len(self._held)]
        return self._piece(1, size, None)

    def _piece(self, count: int, size: int, content: bytes | None) -> Piece:
        line = self.line
        self.line += count
        self.offset += size
        return Piece(line, self.offset, count, content)


def prove(path: Path, limit: int, is_wanted: Callable[[], bool]) -> None:
    """Unpack a packed file up to its limit before anything of it counts, as its checksum stands at the end.

    Raises what ``CORRUPTION`` lists, and OSError. What can be read of a file that is cut off passes for right.
    """
    with closing(Lines(path, limit=limit)) as lines, suppress(InvalidContent):
        lines.pass_over(is_wanted)
