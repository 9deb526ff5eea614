"""Web pages of other origins may use the service from a browser, where a setting says so. https://fetch.spec.whatwg.org/#http-cors-protocol

Cookies and other credentials of the browser are never let in: a page brings its own token.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from fhir_server.origins import ANY
from fhir_server.rest.body import Receive, Scope, Send

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
#: What a page may send besides what every page may.
SENT = (
    "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Exist, If-None-Match, "
    "Prefer, Range, X-Request-Id, X-Security-Context"
)
#: What a page may read of an answer besides what every page may.
EXPOSED = (
    "Accept-Ranges, Allow, Content-Disposition, Content-Location, Content-Range, ETag, Expires, Last-Modified, "
    "Location, Retry-After, X-Progress, X-Request-Id, X-Security-Context, X-Validation"
)
#: Seconds for which a browser need not ask again.
KEPT = 600


class Shared(NamedTuple):
    """An application for pages of these origins; others get the same answers, which their browsers keep from them."""

    app: Any
    origins: Collection[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight request, or let the application answer."""
        headers = dict(scope["headers"])
        allowed = self._allowed(headers.get(b"origin", b"").decode("latin-1"))
        if scope["method"] == "OPTIONS" and allowed and b"access-control-request-method" in headers:
            told = [*allowed, *_PREFLIGHT, (b"vary", b"origin, access-control-request-headers")]
            await send({"type": "http.response.start", "status": 204, "headers": told})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, self._telling(allowed, send))

    def _allowed(self, origin: str) -> list[tuple[bytes, bytes]]:
        if ANY in self.origins:
            return [(b"access-control-allow-origin", b"*")] if origin else []
        return [(b"access-control-allow-origin", origin.encode("latin-1"))] if origin in self.origins else []

    def _telling(self, allowed: list[tuple[bytes, bytes]], send: Send) -> Send:
        more = [*allowed, (b"access-control-expose-headers", EXPOSED.encode())] if allowed else []
        if ANY not in self.origins:
            more.append((b"vary", b"origin"))

        async def told(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        return told


_PREFLIGHT = [
    (b"access-control-allow-methods", METHODS.encode()),
    (b"access-control-allow-headers", SENT.encode()),
    (b"access-control-max-age", b"%d" % KEPT),
]
