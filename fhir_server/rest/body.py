"""The body of an HTTP request, within the size limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from conformance.errors import TooLarge, Unavailable
from fhir_server.exchange.messages import BODY_TOO_LARGE, NOT_READY

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def read_body(receive: Receive, announced: bytes, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is known to exceed ``limit`` bytes."""
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge.of(BODY_TOO_LARGE, limit=limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Unavailable.of(NOT_READY)
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge.of(BODY_TOO_LARGE, limit=limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
