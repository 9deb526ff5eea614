"""A small HTTP/1.1 load generator: keep-alive connections, one request in flight on each, latencies kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_ACCEPT = "application/fhir+json"


@dataclass(slots=True)
class Load:
    """What a run of requests gave: seconds of each request, the bodies' bytes, the answers that were not 2xx."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    received: int = 0
    failed: int = 0

    def __add__(self, other: Load) -> Load:
        """Both, one after the other."""
        return Load(
            self.seconds + other.seconds,
            self.latencies + other.latencies,
            self.received + other.received,
            self.failed + other.failed,
        )

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which ``share`` of the requests were answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def request(base: str, method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of one request to ``base``/``path``."""
    parts = urlsplit(base)
    lines = [f"{method} {parts.path}/{path} HTTP/1.1", f"Host: {parts.netloc}", f"Accept: {_ACCEPT}"]
    if body:
        lines += [f"Content-Type: {_ACCEPT}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def run(
    base: str,
    requests: Iterator[bytes],
    clients: int,
    answered: Callable[[bytes, bytes], None] = lambda *_: None,
    *,
    first: bytes = b"",
) -> Load:
    """Send all requests over ``clients`` connections; ``answered`` gets head and body of each answer.

    ``first`` is sent over each connection before any is measured, one after the other.
    """
    connections = [await _Connection.open(base) for _ in range(clients)]
    for connection in connections if first else ():
        await connection.answer(first)
    load = Load()
    started = time.perf_counter()
    await asyncio.gather(*(_client(connection, requests, load, answered) for connection in connections))
    load.seconds = time.perf_counter() - started
    return load


async def _client(
    connection: _Connection, requests: Iterator[bytes], load: Load, answered: Callable[[bytes, bytes], None]
) -> None:
    for data in requests:
        began = time.perf_counter()
        head, body = await connection.answer(data)
        load.latencies.append(time.perf_counter() - began)
        load.received += len(body)
        load.failed += head[9:10] != b"2"
        answered(head, body)
    connection.writer.close()


@dataclass(frozen=True, slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, base: str) -> _Connection:
        parts = urlsplit(base)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port or 80, limit=1 << 22))

    async def answer(self, data: bytes) -> tuple[bytes, bytes]:
        """Head and body of the answer to these bytes."""
        self.writer.write(data)
        head = await self.reader.readuntil(b"\r\n\r\n")
        return head, await _body(head.lower(), self.reader)


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    at = head.find(b"content-length:")
    if at >= 0:
        return await reader.readexactly(int(head[at + 15 : head.index(b"\r\n", at)]))
    return await _chunks(reader) if b"chunked" in head else b""


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append((await reader.readexactly(size + 2))[:-2])
    await reader.readuntil(b"\r\n")
    return b"".join(parts)
