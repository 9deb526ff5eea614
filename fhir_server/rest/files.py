"""Sending finished files: whole, in part or compressed, with constant memory.

https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-output-file-request
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from conformance.errors import NotFound, RangeOutside
from fhir_server.bulk.exporting.messages import BAD_RANGE, NO_FILE
from fhir_server.bulk.exporting.places import Place
from fhir_server.bulk.exporting.state import File
from fhir_server.rest.body import Send
from fhir_server.rest.coding import PACKERS, stream_coding
from fhir_server.rest.ranges import wanted_range

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Download:
    """One request for a file of a place."""

    place: Place
    file: File
    media_type: str
    headers: Mapping[bytes, bytes]

    async def send(self, send: Send, *, is_head: bool) -> None:
        """Answer it; a range is defined for GET alone. Raises NotFound, RangeOutside, before anything was sent.

        What the client has comes before the range. https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
        """
        wanted = "" if is_head else self._range()
        name = "" if wanted else stream_coding(self._header(b"accept-encoding"), self.media_type)
        tag = f'"{self.file.sha256}{"-" + name if name else ""}"'.encode()
        if self._is_known(tag):
            await _start(send, 304, [(b"etag", tag)])
            return await send({"type": "http.response.body", "body": b""})
        part = self._part(wanted)
        start, end = part or (0, self.file.size)
        blocks = iter(()) if is_head else self.place.read(self.file.name, start, end)
        first = await self._next(blocks)
        await _start(send, 206 if part else 200, self._told(tag, name, start, end, is_part=part is not None))
        packer = PACKERS[name]() if name and not is_head else None
        while first is not None:
            block = await asyncio.to_thread(packer.compress, first) if packer else first
            if block:
                await send({"type": "http.response.body", "body": block, "more_body": True})
            first = await self._next(blocks)
        return await send({"type": "http.response.body", "body": packer.flush() if packer else b""})

    def _is_known(self, tag: bytes) -> bool:
        """True when the client has it. Proxies make tags weak. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2"""
        tags = [one.strip().removeprefix(b"W/") for one in self.headers.get(b"if-none-match", b"").split(b",")]
        return tag in tags or tags == [b"*"]

    def _header(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    def _range(self) -> str:
        """The Range header; "" when it is of another file than this."""
        unchanged = self.headers.get(b"if-range", b"") in (b"", f'"{self.file.sha256}"'.encode())
        return self._header(b"range") if unchanged else ""

    def _part(self, wanted: str) -> tuple[int, int] | None:
        try:
            return wanted_range(wanted, self.file.size)
        except ValueError as error:
            raise RangeOutside.of(BAD_RANGE, range=wanted, size=self.file.size) from error

    async def _next(self, blocks: Iterator[bytes]) -> bytes | None:
        try:
            return await asyncio.to_thread(next, blocks, None)
        except FileNotFoundError as error:
            raise NotFound.of(NO_FILE, file=self.file.name.rpartition("/")[2]) from error

    def _told(self, tag: bytes, name: str, start: int, end: int, *, is_part: bool) -> Headers:
        headers = [
            (b"content-type", self.media_type.encode()),
            (b"accept-ranges", b"bytes"),
            (b"vary", b"accept-encoding"),
            (b"cache-control", b"private, no-transform"),
            (b"etag", tag),
        ]
        if name:
            return [*headers, (b"content-encoding", name.encode())]
        digest = base64.b64encode(bytes.fromhex(self.file.sha256))
        headers += [(b"content-length", b"%d" % (end - start)), (b"repr-digest", b"sha-256=:%b:" % digest)]
        if is_part:
            headers.append((b"content-range", b"bytes %d-%d/%d" % (start, end - 1, self.file.size)))
        return headers


async def _start(send: Send, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
