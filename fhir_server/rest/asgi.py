"""FHIR over HTTP as one ASGI application. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping

from conformance.errors import BadRequest, FhirError, Unavailable
from conformance.issues import Issue, Words
from fhir_server.exchange.context import Context
from fhir_server.exchange.messages import BAD_HEADER, NOT_READY, SERVER_ERROR
from fhir_server.exchange.prefer import Prefer, parse_prefer
from fhir_server.exchange.registry import Content, Interaction
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import parameters_text, parse_path, query_pairs
from fhir_server.rest import binary
from fhir_server.rest.answer import Asked
from fhir_server.rest.body import Receive, Scope, Send
from fhir_server.rest.ids import NewIds
from fhir_server.rest.incoming import receive_body, take_body, with_places
from fhir_server.rest.local import is_local

#: Under which path of the host the FHIR service lives.
PREFIX = "/fhir"

_LOG = logging.getLogger("fhir_server.rest")
_is_request_id = re.compile(rb"[A-Za-z0-9\-._]{1,64}").fullmatch
_is_host = re.compile(rb"[A-Za-z0-9\-._:\[\]]{1,255}").fullmatch
_BODIED = frozenset(("POST", "PUT", "PATCH"))
_ANY_PREFERENCE = Prefer()


class FhirApplication:
    """Turns HTTP bytes into a Request and a Response into HTTP bytes; every failure becomes an OperationOutcome."""

    def __init__(self, *, base_url: str = "", max_body: int = 16 * 1024 * 1024) -> None:
        self._base_url = base_url.rstrip("/")
        self._max_body = max_body
        self._series = secrets.token_hex(4).encode()
        self._numbers = itertools.count(1)
        self._new_id = NewIds()
        self.service: Service | None = None
        """Set once the store is open, and None again when it closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = _headers(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given if _is_request_id(given) else b"%b-%x" % (self._series, next(self._numbers))
        asked = Asked(headers, scope["method"], base_of(self._base_url, scope, headers))
        try:
            answer = await asked.written(await self._respond(scope, receive, asked), self.service)
        except FhirError as error:
            answer = await asked.refused(error, self.service)
        except Exception:  # noqa: BLE001  (the outermost edge)
            _LOG.exception("request %s failed: %s %s", request_id.decode(), scope["method"], scope["path"])
            answer = await asked.failed(Issue(SERVER_ERROR, params={"request_id": request_id.decode()}))
        await answer.send(receive, send, request_id, is_head=scope["method"] == "HEAD")

    async def _respond(self, scope: Scope, receive: Receive, asked: Asked) -> Response:
        service = self.service
        if service is None:
            raise Unavailable.of(NOT_READY)
        pairs = query_pairs(parameters_text(scope["query_string"])) if scope["query_string"] else ()
        asked.take(pairs)
        preferences = _preferences(asked.headers)
        request = Request(
            scope["method"], parse_path(scope["path"][len(PREFIX) :], service.definitions.is_resource), pairs
        )
        _conditions(request, asked.headers)
        request.returns, request.is_async = preferences.returns, preferences.is_async
        interaction = service.router.find(request.method, request.target)
        if scope["method"] in _BODIED:
            await self._take(receive, asked, request, interaction, service)
        is_content = request.target.type == binary.TYPE and binary.is_read(request, interaction)
        asked.is_tolerant = asked.is_tolerant or is_content or interaction.is_tabular
        request.accept = asked.accept
        asked.require_acceptable()
        context = Context(
            time.time_ns() // 1000,
            self._new_id,
            asked.base_url,
            asked.language,
            preferences.is_strict,
            interaction.admin_only and is_local(scope, asked.headers, self._base_url),
        )
        try:
            response = await service.answer(context, request)
        except FhirError as error:
            if interaction.content is Content.RESOURCE:
                raise error.telling(*await with_places(error.issues, request)) from error
            raise
        return await binary.Reading(asked).of(response) if is_content else response

    async def _take(
        self, receive: Receive, asked: Asked, request: Request, interaction: Interaction, service: Service
    ) -> None:
        """Give the request what is sent with it."""
        sent = await receive_body(receive, asked.headers, self._max_body)
        if request.target.type == binary.TYPE and binary.is_written(interaction):
            asked.is_tolerant = True
            sent = await binary.wrapped(sent, request.target.id, asked.headers)
        await take_body(request, sent, interaction.content, service.definitions)
        if interaction.content is Content.FORM:
            asked.is_safe = True
            asked.take(request.pairs)


def base_of(fixed: str, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    """The base URL of a request's answer: the fixed one, or without one what the client called the server."""
    if fixed:
        return fixed
    host = headers.get(b"host", b"")
    if not _is_host(host):
        host = b"localhost"
    return f"{scope['scheme']}://{host.decode()}{PREFIX}"


def _headers(given: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by name; those that are repeated joined by commas, as HTTP allows."""
    rows = list(given)
    headers = dict(rows)
    if len(headers) < len(rows):
        for name in headers:
            headers[name] = b", ".join(value for key, value in rows if key == name)
    return headers


def _preferences(headers: dict[bytes, bytes]) -> Prefer:
    given = headers.get(b"prefer")
    return parse_prefer(given.decode("latin-1")) if given else _ANY_PREFERENCE


def _latin(value: bytes) -> str:
    return value.decode("latin-1")


#: Header, its place in a Request, how it is read, and what stands in it where a request without it would do more than
#: was meant. Criteria are parameters, so letters beyond ASCII may stand in them as in a URL.
_CONDITIONS: tuple[tuple[bytes, str, Callable[[bytes], str], str | Words], ...] = (
    (b"if-match", "if_match", _latin, 'W/"[versionId]"'),
    (b"if-none-match", "if_none_match", _latin, ""),
    (b"if-modified-since", "if_modified_since", _latin, ""),
    (b"if-none-exist", "if_none_exist", parameters_text, Words("search criteria", "tiêu chí tìm kiếm")),
)


def _conditions(request: Request, headers: dict[bytes, bytes]) -> None:
    for header, name, read, expected in _CONDITIONS:
        if header in headers:
            value = read(headers[header])
            if expected and not value.strip():
                raise BadRequest.of(BAD_HEADER, header=header.decode(), value=value, expected=expected)
            setattr(request, name, value)
