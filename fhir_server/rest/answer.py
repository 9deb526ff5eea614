"""From a Response to status, headers and bytes: format, content coding, and what a refusal says.

https://hl7.org/fhir/R4/http.html#general
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache

from conformance.errors import FhirError, InvalidContent, NotAcceptable, UnsupportedMediaType
from conformance.issues import DEFAULT_LANGUAGE, Issue
from fhir_server.exchange.etag import http_date
from fhir_server.exchange.failures import outcome_bytes, refusal
from fhir_server.exchange.headers import media_range
from fhir_server.exchange.prefer import preferred_language
from fhir_server.exchange.request import Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.validation import counted
from fhir_server.rest.aside import aside
from fhir_server.rest.body import Receive, Send
from fhir_server.rest.coding import LEAST, READ, coding, packed, packed_stream, stream_coding
from fhir_server.rest.negotiation import DEFAULT, Format, Representation, format_of, representation, tolerant
from fhir_server.rest.rendering import rendered

_SAFE = frozenset(("GET", "HEAD"))
_VARY = (b"vary", b"accept, accept-encoding")

Headers = dict[bytes, bytes]


@dataclass(slots=True)
class Answer:
    """One HTTP response, ready to be sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    stream: AsyncGenerator[bytes, None] | None = None

    async def send(self, receive: Receive, send: Send, request_id: bytes, *, is_head: bool) -> None:
        """Send it; to HEAD without its body. A stream ends early when the client leaves."""
        headers = [(b"x-request-id", request_id), *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if self.stream is None or is_head:
            await send({"type": "http.response.body", "body": b"" if is_head else self.body})
            if self.stream is not None:
                await self.stream.aclose()
            return
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        async with aclosing(self.stream):
            await _streamed(self.stream, receive, send)


async def _streamed(stream: AsyncGenerator[bytes, None], receive: Receive, send: Send) -> None:
    left = asyncio.create_task(_left(receive))
    try:
        async for part in stream:  # a failure from here on can only break the connection
            if left.done():  # what is sent then goes nowhere, without an error
                return
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        left.cancel()


async def _left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Asked:
    """How the client of one request wants to be answered: language, format, coding."""

    def __init__(self, headers: Headers, method: str, base_url: str) -> None:
        self.headers = headers
        self.method = method
        self.base_url = base_url
        self.language = preferred_language(headers.get(b"accept-language", b"").decode("latin-1"))
        self.is_safe = method in _SAFE
        """False for a request that may have changed something by the time its answer is written."""
        self.accept = headers.get(b"accept", b"").decode("latin-1")
        self.is_tolerant = False
        """True for a request of which not all answers are in a format of FHIR: what is not accepted comes in JSON."""
        self._sent = _sent_format(headers)
        self._format: str | None = None
        self._is_pretty = False

    def take(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Take ``_format`` and ``_pretty`` of the parameters into account; the last of each counts."""
        for name, value in pairs:
            if name == "_format":
                self._format = value
            elif name == "_pretty":
                self._is_pretty = value == "true"

    def require_acceptable(self) -> None:
        """Raises NotAcceptable when nothing that is written here is asked for."""
        self._wanted()

    def _wanted(self) -> Representation:
        choose = tolerant if self.is_tolerant else representation
        return choose(self.accept, self._format, self._sent)

    async def written(self, response: Response, service: Service | None) -> Answer:
        """The answer to a request that was understood. Raises NotAcceptable for what XML cannot hold."""
        wanted = self._wanted()
        try:
            return await self._answer(response, wanted, service)
        except InvalidContent as error:
            if self.is_safe:
                raise NotAcceptable(*error.issues) from error
            # What was asked for is done: only its result cannot be shown.
            response.body = outcome_bytes(error.issues, self.language or DEFAULT_LANGUAGE)
            return await self._answer(response, wanted, service)

    async def refused(self, error: FhirError, service: Service | None) -> Answer:
        """The answer to a request that was refused."""
        wanted = tolerant(self.accept, self._format, self._sent)
        answer = await self._answer(refusal(error, self.language or DEFAULT_LANGUAGE), wanted, service)
        if isinstance(error, UnsupportedMediaType):
            answer.headers.append((b"accept-encoding", READ.encode()))
        return answer

    async def failed(self, issue: Issue) -> Answer:
        """The answer when the server is at fault, always in JSON: it uses nothing that could fail again."""
        return await self._answer(
            Response(500, outcome_bytes((issue,), self.language or DEFAULT_LANGUAGE)), DEFAULT, None
        )

    async def _answer(self, response: Response, wanted: Representation, service: Service | None) -> Answer:
        body, content_type = response.body, response.media_type
        if body and not content_type:
            if service is None:  # without definitions there is no XML
                wanted = DEFAULT
            elif wanted.format is not Format.JSON or self._is_pretty:
                definitions = service.definitions
                body = await aside(len(body), rendered, body, wanted.format, definitions, is_pretty=self._is_pretty)
            content_type = wanted.content_type
        headers = _headers(response, self.base_url)
        if body or response.stream is not None or response.status == 304:
            headers.append(_VARY)
        if response.stream is not None:
            headers.append((b"content-type", content_type.encode()))
            return self._streaming(Answer(response.status, headers, body), response.stream, content_type)
        if body:
            headers.append((b"content-type", content_type.encode()))
            if (
                len(body) >= LEAST
                and response.status != 206
                and (name := coding(self.headers.get(b"accept-encoding", b"").decode("latin-1")))
            ):
                body = await aside(len(body), packed, body, name)
                headers.append((b"content-encoding", name.encode()))
        if response.status not in (204, 304):
            headers.append((b"content-length", b"%d" % len(body)))
        return Answer(response.status, headers, body)

    def _streaming(self, answer: Answer, rest: AsyncGenerator[bytes, None], media_type: str) -> Answer:
        """An answer that is sent while it is made, packed on the way where the client takes that."""
        name = stream_coding(self.headers.get(b"accept-encoding", b"").decode("latin-1"), media_type)
        if name:
            answer.headers.append((b"content-encoding", name.encode()))
            answer.body, rest = b"", packed_stream(answer.body, rest, name)
        answer.stream = rest
        return answer


def _sent_format(headers: Headers) -> Format | None:
    given = headers.get(b"content-type")
    return _named_format(given) if given else None


@lru_cache(maxsize=256)
def _named_format(content_type: bytes) -> Format | None:
    return format_of(media_range(content_type.decode("latin-1")).name)


def _headers(response: Response, base_url: str) -> list[tuple[bytes, bytes]]:
    headers = []
    if response.version_id:
        headers.append((b"etag", b'W/"%d"' % response.version_id))
        headers.append((b"last-modified", http_date(response.last_updated)))
    if response.location:
        headers.append((b"location", f"{base_url}/{response.location}".encode()))
    if response.issues:
        headers.append((b"x-validation", counted(response.issues).encode()))
    if response.allowed:
        headers.append((b"allow", response.allowed.encode()))
    headers += [(name.encode(), value.encode()) for name, value in response.headers]
    return headers
