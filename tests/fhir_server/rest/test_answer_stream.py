"""Answers that are sent while they are made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from fhir_server.rest.answer import Answer


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
