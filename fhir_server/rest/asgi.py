"""FHIR over HTTP as one ASGI application. https://hl7.org/fhir/R4/http.html"""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import time
from collections.abc import Iterable

import msgspec

from conformance.errors import BadRequest, FhirError, Unavailable
from conformance.issues import Issue
from fhir_server.exchange.context import Context
from fhir_server.exchange.etag import http_date
from fhir_server.exchange.failures import outcome_bytes, refusal
from fhir_server.exchange.messages import NOT_READY, SERVER_ERROR, UNREADABLE_PARAMETERS
from fhir_server.exchange.prefer import Prefer, parse_prefer, preferred_language
from fhir_server.exchange.registry import Content
from fhir_server.exchange.request import Request, Response
from fhir_server.exchange.service import Service
from fhir_server.exchange.url import parse_path, query_pairs
from fhir_server.exchange.validation import counted
from fhir_server.rest.body import Receive, Scope, Send, read_body
from fhir_server.rest.ids import NewIds
from fhir_server.rest.negotiation import require_acceptable, require_plain, require_readable

#: Under which path of the host the FHIR service lives.
PREFIX = "/fhir"

_LOG = logging.getLogger("fhir_server.rest")
_CONTENT_TYPE = (b"content-type", b"application/fhir+json; charset=utf-8")
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
        base_url = self._base(scope, headers)
        language = preferred_language(headers.get(b"accept-language", b"").decode("latin-1"))
        given = headers.get(b"x-request-id", b"")
        request_id = given if _is_request_id(given) else b"%b-%x" % (self._series, next(self._numbers))
        try:
            response = await self._respond(scope, headers, receive, language, base_url)
        except FhirError as error:
            response = refusal(error, language or "en")
        except Exception:  # noqa: BLE001  (the outermost edge)
            _LOG.exception("request %s failed: %s %s", request_id.decode(), scope["method"], scope["path"])
            issue = Issue(SERVER_ERROR, params={"request_id": request_id.decode()})
            response = Response(500, outcome_bytes((issue,), language or "en"))
        await _send(send, scope, response, request_id, base_url)

    def _base(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        if self._base_url:
            return self._base_url
        host = headers.get(b"host", b"")
        if not _is_host(host):
            host = b"localhost"
        return f"{scope['scheme']}://{host.decode()}{PREFIX}"

    async def _respond(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive, language: str, base_url: str
    ) -> Response:
        service = self.service
        if service is None:
            raise Unavailable.of(NOT_READY)
        pairs = query_pairs(scope["query_string"].decode("latin-1")) if scope["query_string"] else ()
        accept = headers.get(b"accept", b"").decode("latin-1")
        require_acceptable(accept, dict(pairs).get("_format") if pairs else None)
        preferences = _preferences(headers)
        request = Request(
            scope["method"], parse_path(scope["path"][len(PREFIX) :], service.definitions.is_resource), pairs
        )
        _conditions(request, headers)
        request.returns = preferences.returns
        if scope["method"] in _BODIED:
            await self._read(service, request, headers, receive)
        context = Context(time.time_ns() // 1000, self._new_id, base_url, language, preferences.is_strict)
        response = await service.answer(context, request)
        if pairs and response.body and request.parameter("_pretty") == "true":
            response.body = msgspec.json.format(response.body, indent=2)
        return response

    async def _read(self, service: Service, request: Request, headers: dict[bytes, bytes], receive: Receive) -> None:
        content = service.router.find(request.method, request.target).content
        body = await read_body(receive, headers.get(b"content-length", b""), self._max_body)
        if body:
            require_readable(headers.get(b"content-type", b"").decode("latin-1"), content)
            require_plain(headers.get(b"content-encoding", b"").decode("latin-1"))
        if content is Content.FORM:
            request.pairs = (*request.pairs, *query_pairs(_text(body)))
        else:
            request.body = body


def _headers(given: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers by name; those that are repeated joined by commas, as HTTP allows."""
    rows = list(given)
    headers = dict(rows)
    if len(headers) < len(rows):
        for name in headers:
            headers[name] = b", ".join(value for key, value in rows if key == name)
    return headers


def _text(body: bytes) -> str:
    try:
        return body.decode("ascii")
    except UnicodeDecodeError as error:
        raise BadRequest.of(UNREADABLE_PARAMETERS, reason="a form is percent-encoded ASCII") from error


def _preferences(headers: dict[bytes, bytes]) -> Prefer:
    given = headers.get(b"prefer")
    return parse_prefer(given.decode("latin-1")) if given else _ANY_PREFERENCE


_CONDITIONS = (
    (b"if-match", "if_match"),
    (b"if-none-match", "if_none_match"),
    (b"if-modified-since", "if_modified_since"),
    (b"if-none-exist", "if_none_exist"),
)


def _conditions(request: Request, headers: dict[bytes, bytes]) -> None:
    for header, name in _CONDITIONS:
        if header in headers:
            setattr(request, name, headers[header].decode("latin-1"))


async def _send(send: Send, scope: Scope, response: Response, request_id: bytes, base_url: str) -> None:
    body = response.body
    headers = [(b"x-request-id", request_id)]
    if body:
        headers.append(_CONTENT_TYPE)
    if response.status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(body)))
    if response.version_id:
        headers.append((b"etag", b'W/"%d"' % response.version_id))
        headers.append((b"last-modified", http_date(response.last_updated)))
    if response.location:
        headers.append((b"location", f"{base_url}/{response.location}".encode()))
    if response.issues:
        headers.append((b"x-validation", counted(response.issues).encode()))
    if response.allowed:
        headers.append((b"allow", response.allowed.encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
