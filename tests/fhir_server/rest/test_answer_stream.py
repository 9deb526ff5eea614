"""Answers that are sent while they are made."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import zstandard

from fhir_server.rest.answer import Answer
from fhir_server.rest.coding import packed_stream


class Client:
    """Leaves after so many messages; None: never."""

    def __init__(self, leaves_after: int | None) -> None:
        self.messages: list[Any] = []
        self._rest = leaves_after
        self._left = asyncio.Event()

    async def receive(self) -> Any:
        if self._rest is None:
            self._rest = 1_000_000
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.messages.append(message)
        if self._rest is not None and len(self.messages) >= self._rest:
            self._left.set()
        await asyncio.sleep(0)


def sent(parts: int, leaves_after: int | None, *, is_head: bool = False) -> tuple[Client, int, bool]:
    """The client, how many parts were made, and whether the making was ended."""
    made, is_ended = 0, False

    async def stream() -> AsyncGenerator[bytes, None]:
        nonlocal made, is_ended
        try:
            for _ in range(parts):
                made += 1
                yield b"part"
        finally:
            is_ended = True

    async def run() -> Client:
        client = Client(leaves_after)
        answer = Answer(200, [], b"first", stream())
        await answer.send(client.receive, client.send, b"1", is_head=is_head)
        return client

    return asyncio.run(run()), made, is_ended


def test_a_stream_is_sent_whole() -> None:
    client, made, is_ended = sent(5, None)
    assert [message.get("body") for message in client.messages[1:]] == [b"first", *[b"part"] * 5, b""]
    assert [message.get("more_body", False) for message in client.messages[1:]] == [*[True] * 6, False]
    assert (made, is_ended) == (5, True)


def test_nothing_more_is_made_for_a_client_that_left() -> None:
    client, made, is_ended = sent(1_000, 5)
    assert made < 10
    assert is_ended
    assert client.messages[-1]["more_body"]


def test_head_makes_no_part() -> None:
    client, made, _ = sent(5, None, is_head=True)
    assert (client.messages[1:], made) == ([{"type": "http.response.body", "body": b""}], 0)


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_packed_stream_can_be_read_as_far_as_it_has_come(coding: str) -> None:
    parts = [f"{number},Nguyễn\r\n".encode() * 50 for number in range(20)]
    unpack = {
        "gzip": lambda: zlib.decompressobj(wbits=31).decompress,
        "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
    }[coding]()

    async def rest() -> AsyncGenerator[bytes, None]:
        for part in parts[1:]:
            yield part

    async def run() -> tuple[list[bytes], int]:
        read, size = [], 0
        async for packed in packed_stream(parts[0], rest(), coding):
            size += len(packed)
            read.append(unpack(packed))
        return read, size

    read, size = asyncio.run(run())
    assert read == [*parts, b""]
    assert size < len(b"".join(parts)) // 3


def test_the_source_of_a_packed_stream_ends_with_it() -> None:
    ended = []

    async def rest() -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield b"x"
        finally:
            ended.append(True)

    async def run() -> None:
        stream = packed_stream(b"", rest(), "gzip")
        await anext(stream)
        await anext(stream)
        await stream.aclose()

    asyncio.run(run())
    assert ended == [True]
