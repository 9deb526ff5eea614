"""Cutting a claim envelope (GIAMDINHHS) into its claims (HOSO) without parsing it, in bounded memory.

Bad-data policy: an envelope is cut by its tags, so that one broken claim, a missing end or a forbidden DTD never
hides the other claims. No XML parser sees the envelope; entities are never expanded. A file without HOSO elements is
cut where its first repeated part begins again (FILEHOSO with XML1, or TONG_HOP).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from mappers.bhyt_xml import messages
from mappers.bhyt_xml.extract.encodings import UTF_16
from mappers.bhyt_xml.extract.tags import closing, opening
from mappers.bhyt_xml.extract.values import read_date
from mappers.units import MapIssue, Raw

CHUNK = 1 << 18
#: A claim larger than this is reported and left out (whole files may be much larger).
MAX_CLAIM = 128 << 20
#: How far from its start an envelope may begin its first claim.
MAX_HEADER = 1 << 20

_OPEN = re.compile(opening("HOSO"))
_CLOSE = re.compile(closing("HOSO"))
_FILE_OPEN = re.compile(opening("FILEHOSO"))
_SUMMARY_FILE = re.compile(opening("FILEHOSO") + rb"\s*" + opening("LOAIHOSO") + rb"\s*[Xx][Mm][Ll]1\s*<")
_SUMMARY = re.compile(opening("TONG_HOP"))
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>?", re.DOTALL | re.IGNORECASE)
_END = re.compile(closing("GIAMDINHHS") + b"|" + closing("DANHSACHHOSO"))
_SIGNATURE = re.compile(opening("CHUKYDONVI") + rb"\s*[^\s<]")
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w.\-]+)""")
_HEADER_FIELDS = ("MACSKCB", "NGAYLAP", "SOLUONGHOSO")
#: No tag that matters is longer; the scanner keeps this much so that a tag may straddle two chunks.
_OVERLAP = 512


class Window:
    """A sliding window over a stream: finds patterns ahead and gives up what has been passed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder: codecs.IncrementalDecoder | None = None
        self.buffer = bytearray()
        self.ended = False
        self._begin()

    def _begin(self) -> None:
        head = self._stream.read(CHUNK)
        encoding = next((name for beginning, name in UTF_16 if head.startswith(beginning)), None)
        if encoding is not None:
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._append(head)

    def _append(self, chunk: bytes) -> None:
        self.ended = not chunk
        if self._decoder is not None:
            chunk = self._decoder.decode(chunk, final=self.ended).encode()
        self.buffer += chunk

    def find(self, pattern: re.Pattern[bytes], start: int, limit: int) -> re.Match[bytes] | None:
        """The next match from ``start`` on, reading as far as ``limit`` bytes; None at the end or past the limit."""
        position = start
        while True:
            match = pattern.search(self.buffer, position)
            if match is not None or self.ended or len(self.buffer) > limit:
                return match
            position = max(start, len(self.buffer) - _OVERLAP)
            self._append(self._stream.read(CHUNK))

    def drop(self, count: int) -> None:
        """Forget the first ``count`` bytes."""
        del self.buffer[:count]

    @property
    def transcoded(self) -> bool:
        """True when the stream was UTF-16 and the buffer is UTF-8."""
        return self._decoder is not None


def split(stream: BinaryIO, file: str) -> Iterator[Raw | MapIssue]:
    """The claims of one envelope in order, and what is wrong with the envelope itself."""
    window = Window(stream)
    first = window.find(_OPEN, 0, MAX_HEADER)
    if first is None:
        yield from _without_claims(window, file)
        return
    header = _header(bytes(window.buffer[: first.start()]), transcoded=window.transcoded)
    yield from _refused(bytes(window.buffer[: first.start()]), file)
    yield from _dated(header, file)
    yield from _claims(window, file, header)


def _claims(window: Window, file: str, header: dict[str, str]) -> Iterator[Raw | MapIssue]:
    number = 0
    closed = False
    while (opened := window.find(_OPEN, 0, MAX_CLAIM)) is not None:
        yield from _stray(bytes(window.buffer[: opened.start()]), file) if number else ()
        window.drop(opened.end())
        number += 1
        yield from _one_claim(window, file, number, header)
    rest = bytes(window.buffer)
    closed = _END.search(rest) is not None
    yield from _ending(rest, file, header, number, closed=closed)


def _one_claim(window: Window, file: str, number: int, header: dict[str, str]) -> Iterator[Raw | MapIssue]:
    """The claim whose opening tag has just been passed; the window then stands behind it."""
    closing = window.find(_CLOSE, 0, MAX_CLAIM)
    next_open = _OPEN.search(window.buffer, 0, closing.start() if closing else len(window.buffer))
    end = next_open.start() if next_open else (closing.start() if closing else len(window.buffer))
    complete = closing is not None and next_open is None
    if not complete:
        too_large = closing is None and not window.ended
        message = messages.TOO_LARGE if too_large else messages.CUT_OFF
        yield MapIssue.of(message, file=file, hoso=number, limit=MAX_CLAIM)
    yield Raw(file, number, header, bytes(window.buffer[:end]), complete)
    window.drop(closing.end() if complete and closing else end)


def _ending(rest: bytes, file: str, header: dict[str, str], count: int, *, closed: bool) -> Iterator[MapIssue]:
    yield from _stray(rest, file)
    if not closed:
        yield MapIssue.of(messages.NOT_CLOSED, file=file)
    if _SIGNATURE.search(rest):
        yield MapIssue.of(messages.SIGNATURE, file=file, field="CHUKYDONVI")
    said = header.get("SOLUONGHOSO", "")
    if said and said.lstrip("0") != str(count):
        yield MapIssue.of(messages.COUNT_DIFFERS, file=file, field="SOLUONGHOSO", value=said, found=count)


def _stray(gap: bytes, file: str) -> Iterator[MapIssue]:
    if _FILE_OPEN.search(gap):
        yield MapIssue.of(messages.STRAY, file=file, field="FILEHOSO", value=_shown(gap))


def _refused(prolog: bytes, file: str) -> Iterator[MapIssue]:
    found = _DOCTYPE.search(prolog)
    if found:
        yield MapIssue.of(messages.DTD_REFUSED, file=file, value=_shown(found.group()))


def _shown(data: bytes) -> str:
    return data[:200].decode("utf-8", "replace").strip()


def _header(prolog: bytes, *, transcoded: bool) -> dict[str, str]:
    declared = _DECLARED.search(prolog)
    encoding = "utf-8" if transcoded or declared is None else declared.group(1).decode("ascii").lower()
    header = {"encoding": encoding}
    for name in _HEADER_FIELDS:
        found = re.search(opening(name) + rb"\s*([^<]*?)\s*</", prolog)
        if found and found.group(1):
            header[name] = found.group(1).decode("utf-8", "replace")
    return header


def _dated(header: dict[str, str], file: str) -> Iterator[MapIssue]:
    """Make NGAYLAP ``yyyymmdd``, with ``HHMM`` where a time was sent: submissions are compared by it, text by text."""
    sent = header.pop("NGAYLAP", "")
    value, message = read_date(sent, "") if sent else ("", None)
    if message is not None:
        yield MapIssue.of(message, file=file, field="NGAYLAP", value=sent, read=value)
    if value:
        header["NGAYLAP"] = "".join(filter(str.isdigit, value[: len("yyyy-mm-ddTHH:MM")]))


def _without_claims(window: Window, file: str) -> Iterator[Raw | MapIssue]:
    """A file that has no HOSO: cut it at each XML1, whichever way it is written; else it is no claim."""
    marker, label = (_SUMMARY_FILE, "FILEHOSO") if _FILE_OPEN.search(window.buffer) else (_SUMMARY, "TONG_HOP")
    first = marker.search(window.buffer)
    yield from _refused(bytes(window.buffer[: first.start() if first else MAX_HEADER]), file)
    if first is None:
        yield MapIssue.of(messages.NOT_A_CLAIM, file=file, value=_shown(bytes(window.buffer)))
        return
    yield MapIssue.of(messages.NO_HOSO, file=file, value=label)
    header = _header(bytes(window.buffer[: first.start()]), transcoded=window.transcoded)
    yield from _dated(header, file)
    window.drop(first.start())
    number = 0
    while window.buffer:
        number += 1
        following = window.find(marker, 1, MAX_CLAIM)
        end = following.start() if following else len(window.buffer)
        yield Raw(file, number, header, bytes(window.buffer[:end]))
        window.drop(end)
