"""Compressed bodies, read within a limit and written where a client takes them: gzip and zstd.

https://hl7.org/fhir/R4/http.html#compression, https://www.rfc-editor.org/rfc/rfc9110#section-8.4
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from functools import lru_cache
from typing import Any, Protocol

import zstandard

from conformance.errors import InvalidContent, TooLarge, UnsupportedMediaType
from fhir_server.exchange.headers import weights
from fhir_server.exchange.messages import BODY_NOT_DECODED, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE

#: Bodies that are smaller go out as they are: the headers alone would outweigh what is saved.
LEAST = 1024
#: What one client may make the server keep to read a zstd body. https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1.2
_WINDOW = 8 * 1024 * 1024
#: Bytes that are unpacked at a time. Four bytes of zstd can stand for 128 KiB.
_SLICE = 512
#: Members of gzip or frames of zstd in one body; who sends more of them means no good.
_MEMBERS = 1000
_GZIP_LEVEL = 5

#: What an answer to a refused coding names in Accept-Encoding.
READ = "gzip, zstd"


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its content coding.

    Raises TooLarge when it has more than ``limit`` bytes, InvalidContent when it is damaged, UnsupportedMediaType for
    a coding that is not read.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    start = _UNPACKERS.get(name)
    if start is None:
        raise UnsupportedMediaType.of(UNSUPPORTED_MEDIA_TYPE, given=encoding, wanted="gzip | zstd | identity")
    parts: list[bytes] = []
    size = 0
    try:
        for part in _unpacked(body, start):
            size += len(part)
            if size > limit:
                raise TooLarge.of(BODY_TOO_LARGE, limit=limit)
            parts.append(part)
    except (zlib.error, zstandard.ZstdError, EOFError) as error:
        raise InvalidContent.of(BODY_NOT_DECODED, coding=name) from error
    return b"".join(parts)


def _unpacked(body: bytes, start: Callable[[], Any]) -> Iterator[bytes]:
    """Parts of all members of gzip or frames of zstd. Raises EOFError when the last one is cut off."""
    at = members = 0
    while at < len(body):
        members += 1
        member = start()
        while at < len(body) and not member.eof:
            yield member.decompress(body[at : at + _SLICE])
            at += _SLICE
        at = min(at, len(body)) - len(member.unused_data)
        if not member.eof or members > _MEMBERS:
            raise EOFError


_UNPACKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "x-gzip": lambda: zlib.decompressobj(wbits=31),
    "zstd": lambda: zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj(),
}


@lru_cache(maxsize=256)
def coding(accept_encoding: str) -> str:
    """``zstd``, ``gzip`` or "" for none: what an Accept-Encoding header ranks first, zstd where it does not care."""
    given = weights(accept_encoding)
    rest = given.get("*", 0.0)
    ranked = [(given.get(name, rest if name == "gzip" else 0.0), name == "zstd", name) for name in _PACKERS]
    weight, _, name = max(ranked)
    return name if weight > 0 and weight >= given.get("identity", 0.0) else ""


class Packer(Protocol):
    """Compresses what is sent while it is made."""

    def compress(self, data: bytes, /) -> bytes:
        """What can be sent by now; the rest waits for more."""
        ...

    def flush(self, mode: int = ..., /) -> bytes:
        """What waits; after one of ``_FLUSH`` more may follow."""
        ...


#: Fast rather than small: who waits for the answer waits for this too.
PACKERS: Mapping[str, Callable[[], Packer]] = {
    "gzip": lambda: zlib.compressobj(level=1, wbits=31),
    "zstd": lambda: zstandard.ZstdCompressor(level=1).compressobj(),
}
#: By coding: the mode of ``Packer.flush`` after which everything so far can be read.
_FLUSH = {"gzip": zlib.Z_SYNC_FLUSH, "zstd": zstandard.COMPRESSOBJ_FLUSH_BLOCK}
#: Of what is packed already, nothing would be saved.
_DENSE = ("application/vnd.apache.parquet", "application/octet-stream")


def stream_coding(accept_encoding: str, media_type: str) -> str:
    """The coding of a body of this media type that is packed while it is sent; "" for none."""
    return "" if media_type in _DENSE else coding(accept_encoding)


async def packed_stream(first: bytes, parts: AsyncGenerator[bytes, None], name: str) -> AsyncGenerator[bytes, None]:
    """A body in this coding, part by part: each can be read when it has come."""
    packer = PACKERS[name]()

    def packed_part(part: bytes) -> bytes:
        return packer.compress(part) + packer.flush(_FLUSH[name])

    async with aclosing(parts):
        yield await asyncio.to_thread(packed_part, first)
        async for part in parts:
            yield await asyncio.to_thread(packed_part, part)
    yield packer.flush()


def packed(body: bytes, name: str) -> bytes:
    """The body in this coding; the same body gives the same bytes."""
    return _PACKERS[name](body)


_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, _GZIP_LEVEL, mtime=0),
    "zstd": lambda body: zstandard.ZstdCompressor().compress(body),
}
