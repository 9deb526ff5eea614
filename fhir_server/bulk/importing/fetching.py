"""Fetching an input by its URL, within limits: named origins only, no redirect away from them, a bounded size.

The address of a host is looked up once, judged, and then used, so that what was judged is what is asked.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import os
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from string import punctuation
from typing import IO, Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from conformance.errors import BadRequest, FhirError, NotFound, TooLarge
from conformance.issues import Words
from fhir_server.bulk.importing import messages
from fhir_server.jobs import Cancelled
from fhir_server.origins import PORTS, is_this_host, origin_of

_SECONDS = 30.0
#: Bytes a second that a source gives at least, on average over each span of so many seconds.
LEAST, SPAN = 10_000, 60.0
_REDIRECTS = 3
_BLOCK = 256 * 1024
#: Content codings that are read: what they make is told from text by how it begins.
_CODINGS = ("", "identity", "gzip", "x-gzip", "zstd")


class _TooSlow(TimeoutError):
    """A source that would take without end."""


_ENDED = Words("the connection ended too early", "kết nối kết thúc quá sớm")
#: What kinds of errors mean, the first that fits; the text of any other is the system's own.
_REASONS: tuple[tuple[type[Exception], Words], ...] = (
    (
        _TooSlow,
        Words(
            f"it gave less than {LEAST} bytes a second for a minute",
            f"nguồn gửi chậm hơn {LEAST} byte mỗi giây suốt một phút",
        ),
    ),
    (TimeoutError, Words(f"nothing came for {_SECONDS:.0f} seconds", f"không nhận được gì trong {_SECONDS:.0f} giây")),
    (socket.gaierror, Words("its host is not found", "không tìm thấy máy chủ đó")),
    (ConnectionRefusedError, Words("its host refuses the connection", "máy chủ đó từ chối kết nối")),
    (ConnectionError, _ENDED),
    (http.client.IncompleteRead, _ENDED),
    (http.client.HTTPException, Words("the answer is no HTTP", "câu trả lời không phải HTTP")),
)


def require_named(url: str, origins: Iterable[str]) -> SplitResult:
    """The URL in its parts. Raises BadRequest when its origin is not one of these."""
    try:
        parts = urlsplit(url)
        is_named = parts.scheme in PORTS and "@" not in parts.netloc and origin_of(parts) in origins
    except ValueError:
        is_named = False
    if not is_named:
        raise BadRequest.of(messages.FOREIGN_ORIGIN, url=url)
    return parts


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches from these origins, ``limit`` bytes at most, at no less than ``LEAST`` in each ``span`` of seconds."""

    origins: frozenset[str]
    limit: int
    span: float = SPAN

    def fetch(self, url: str, path: Path, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Write what a URL gives to a file that appears when it is whole. Blocks.

        ``is_wanted`` is asked whenever something comes: a source may be slow without end. Raises Cancelled when it is
        not any more, BadRequest for an origin or address that is not allowed, TooLarge, NotFound when it cannot be had.
        """
        draft = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            with draft.open("wb") as file:
                self._follow(url, file, is_wanted)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except (OSError, http.client.HTTPException) as error:
            raise _not_fetched(url, _reason(error)) from error
        finally:
            draft.unlink(missing_ok=True)

    def _follow(self, url: str, file: IO[bytes], is_wanted: Callable[[], bool]) -> None:
        at = url
        for _ in range(_REDIRECTS + 1):
            parts = require_named(at, self.origins)
            if origin_of(parts) != origin_of(urlsplit(url)):
                raise BadRequest.of(messages.FOREIGN_ORIGIN, url=at)
            further = self._asked(at, parts, file, is_wanted)
            if not further:
                return
            at = _joined(at, further)
        raise _not_fetched(url, Words("too many redirects", "chuyển hướng quá nhiều lần"))

    def _asked(self, url: str, parts: SplitResult, file: IO[bytes], is_wanted: Callable[[], bool]) -> str:
        """Ask once: where a redirect leads, or "" when the file was written."""
        connection = _Pinned(parts, _address(url, parts), self.span)
        target = _written(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", "utf-8")
        try:
            connection.request("GET", target, headers={"accept": "application/fhir+ndjson", "accept-encoding": "gzip"})
            answer = connection.getresponse()
            further = answer.headers.get("location")
            if answer.status in (301, 302, 303, 307, 308) and further:
                return _written(further, "latin-1")
            if answer.status != 200:
                raise _not_fetched(url, Words(f"HTTP status {answer.status}", f"mã trạng thái HTTP {answer.status}"))
            _require_readable(url, answer.headers.get("content-encoding", ""))
            self._copy(url, answer, file, is_wanted)
            return ""
        finally:
            connection.close()

    def _copy(self, url: str, answer: http.client.HTTPResponse, file: IO[bytes], is_wanted: Callable[[], bool]) -> None:
        size = 0
        while block := answer.read1(_BLOCK):
            if not is_wanted():
                raise Cancelled
            size += len(block)
            if size > self.limit:
                raise TooLarge.of(messages.TOO_LARGE, name=url, limit=self.limit)
            file.write(block)
        if answer.length:
            whole = size + answer.length
            raise _not_fetched(
                url,
                Words(
                    f"the connection ended after {size} of {whole} bytes",
                    f"kết nối kết thúc sau {size} trong số {whole} byte",
                ),
            )


def _not_fetched(url: str, reason: Words | str) -> FhirError:
    return NotFound.of(messages.NOT_FETCHED, url=url, reason=reason)


def _reason(error: Exception) -> Words | str:
    """Why nothing could be had, in both languages where it is not for the system to say."""
    known = next((words for kind, words in _REASONS if isinstance(error, kind)), None)
    return known or str(error) or type(error).__name__


def _require_readable(url: str, coding: str) -> None:
    """Refuse a content coding that is not read. Raises NotFound."""
    if coding.strip().lower() not in _CODINGS:
        raise _not_fetched(
            url, Words(f"its content coding {coding} is not read", f"không đọc được mã hóa nội dung {coding}")
        )


def _joined(at: str, further: str) -> str:
    """Where a redirect leads. Raises BadRequest when that is no URL."""
    try:
        return urljoin(at, further)
    except ValueError as error:
        raise BadRequest.of(messages.FOREIGN_ORIGIN, url=further) from error


def _written(text: str, encoding: str) -> str:
    """What stands in a URL as it is sent: blanks and letters beyond ASCII, as in names of files, in percent."""
    return quote(text, safe=punctuation, encoding=encoding)


def _address(url: str, parts: SplitResult) -> str:
    """The first address of a host. Raises BadRequest for one that no origin may stand for."""
    name = parts.hostname or ""
    found = socket.getaddrinfo(name, parts.port or PORTS[parts.scheme], type=socket.SOCK_STREAM)
    text = str(found[0][4][0])
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or address
    is_inside = mapped.is_loopback and not is_this_host(name)
    if is_inside or mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified:
        raise _forbidden(url, text)
    return text


def _forbidden(url: str, address: str) -> FhirError:
    return BadRequest.of(messages.FORBIDDEN_ADDRESS, url=url, address=address)


class _Pinned(http.client.HTTPConnection):
    """A connection to one address, whatever its name resolves to by now, whose answer must not come too slowly."""

    response_class: Any

    def __init__(self, parts: SplitResult, address: str, span: float) -> None:
        self.default_port = PORTS[parts.scheme]
        super().__init__(parts.hostname or "", parts.port or self.default_port, timeout=_SECONDS)
        self._address = address
        self.response_class = partial(_paced, span=span)
        self._context = ssl.create_default_context() if parts.scheme == "https" else None

    def connect(self) -> None:
        """Connect to the address; TLS checks the name."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain


def _paced(sock: socket.socket, *args: Any, span: float, **more: Any) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(sock, *args, **more)
    answer.fp = io.BufferedReader(_Paced(answer.fp.detach(), span))
    return answer


class _Paced(io.RawIOBase):
    """What comes over a connection, headers and all. Raises _TooSlow once it comes too slowly."""

    def __init__(self, raw: io.RawIOBase, span: float) -> None:
        self._raw, self._span = raw, span
        self._since, self._count = time.monotonic(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        count = self._raw.readinto(buffer)
        self._count += count or 0
        passed = time.monotonic() - self._since
        if passed >= self._span:
            if self._count < LEAST * passed:
                raise _TooSlow
            self._since, self._count = time.monotonic(), 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
