"""Binary as what it holds: content is read and written as it is. https://hl7.org/fhir/R4/binary.html#rest

A read that does not name a format of FHIR gets the content in its own media type. It may be anything, a web page too,
so no browser is to show it as a part of this site.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from conformance.errors import BadRequest, Forbidden, NotAcceptable, RangeOutside, UnsupportedMediaType
from conformance.json_codec import encode
from fhir_server.bulk.exporting.messages import BAD_RANGE
from fhir_server.exchange.headers import media_range, media_ranges
from fhir_server.exchange.messages import BODY_MISSING, NOT_ACCEPTABLE, SENT_BY_A_PAGE, UNSUPPORTED_MEDIA_TYPE
from fhir_server.exchange.registry import Interaction
from fhir_server.exchange.request import Request, Response
from fhir_server.rest.answer import Asked
from fhir_server.rest.aside import aside
from fhir_server.rest.incoming import Sent
from fhir_server.rest.negotiation import Format, format_of
from fhir_server.rest.ranges import wanted_range

TYPE = "Binary"
_READS = frozenset(("read", "vread"))
_WRITES = frozenset(("create", "update"))
#: With one of these parameters a resource is meant.
_SHAPING = frozenset(("_format", "_pretty", "_summary", "_elements"))
_OWN = frozenset(one.own for one in Format)
_UNKNOWN = "application/octet-stream"
#: The content is of no origin of ours, and is shown nowhere by itself.
_SAFE = (
    ("accept-ranges", "bytes"),
    ("content-security-policy", "default-src 'none'; sandbox"),
    ("x-content-type-options", "nosniff"),
)
#: Media types that any web page may send to any server without asking it first. https://fetch.spec.whatwg.org/#cors-safelisted-request-header
_SENT_UNASKED = frozenset(("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"))
_is_media_type = re.compile(r"[!#$%&'*+\-.^_`|~\w]+/[!#$%&'*+\-.^_`|~\w]+[\x20-\x7e]*", re.ASCII).fullmatch
_is_visible = re.compile(r"[\x21-\x7e]{1,2000}").fullmatch
#: The name of the first element, behind declarations and comments.
_root = re.compile(rb"\s*(?:<\?[^>]*>\s*|<!--(?:[^-]|-(?!->))*-->\s*)*<(?:[\w.\-]+:)?([\w.\-]+)").match


class _Stored(msgspec.Struct, rename="camel"):
    content_type: str = ""
    data: str = ""
    id: str = ""
    security_context: dict[str, object] = {}


class _Typed(msgspec.Struct, rename="camel"):
    resource_type: str = ""


_STORED = msgspec.json.Decoder(_Stored)
_TYPED = msgspec.json.Decoder(_Typed)


# Reading


@dataclass(frozen=True, slots=True)
class Reading:
    """How one client reads a Binary."""

    asked: Asked

    async def of(self, response: Response) -> Response:
        """The content, whole or the part that is asked for; the resource for a client that names FHIR.

        Raises NotAcceptable for a resource whose data cannot be decoded, RangeOutside for a part that is not there.
        """
        if response.status != 200:
            return response
        stored = await aside(len(response.body), _STORED.decode, response.body)
        if not is_raw(self.asked.accept, stored.content_type):
            self.asked.is_tolerant = False
            return response
        response.body = await aside(len(stored.data), _content, stored)
        response.media_type = stored.content_type if _is_media_type(stored.content_type) else _UNKNOWN
        response.headers = (*_SAFE, *_told(stored))
        is_whole = b"if-range" in self.asked.headers or self.asked.method != "GET"
        header = b"" if is_whole else self.asked.headers.get(b"range", b"")
        return self._part(response, header.decode("latin-1")) if header else response

    def _part(self, response: Response, header: str) -> Response:
        """https://www.rfc-editor.org/rfc/rfc9110#section-14 (a range is defined for GET alone)."""
        size = len(response.body)
        try:
            part = wanted_range(header, size)
        except ValueError as error:
            raise RangeOutside.of(BAD_RANGE, range=header, size=size) from error
        if part is not None:
            start, end = part
            response.status, response.body = 206, response.body[start:end]
            response.headers = (*response.headers, ("content-range", f"bytes {start}-{end - 1}/{size}"))
        return response


def is_read(request: Request, interaction: Interaction) -> bool:
    """True for a read of a Binary that asks for nothing that only a resource has."""
    return interaction.code in _READS and not any(name in _SHAPING for name, _ in request.pairs)


def is_raw(accept: str, content_type: str) -> bool:
    """True unless an Accept header asks for FHIR rather than for this media type.

    ``application/json`` and its like mean FHIR only where nothing is accepted that the content is.
    """
    own = media_range(content_type).name
    ranges = media_ranges(accept)
    _, raw = max(((row.precision(own), row.weight) for row in ranges if row.precision(own)), default=(0, 0.0))
    fhir = max((row.weight for row in ranges if row.name in _OWN), default=0.0)
    if fhir:
        return raw > fhir and own not in _OWN
    return raw > 0 or not any(format_of(row.name) and row.weight > 0 for row in ranges)


def _content(stored: _Stored) -> bytes:
    try:
        return b64decode(stored.data.encode())
    except binascii.Error as error:
        raise NotAcceptable.of(NOT_ACCEPTABLE, wanted=stored.content_type) from error


def _told(stored: _Stored) -> Iterator[tuple[str, str]]:
    yield "content-disposition", f'attachment; filename="{stored.id}"'
    reference = stored.security_context.get("reference")
    if isinstance(reference, str) and _is_visible(reference):
        yield "x-security-context", reference


# Writing


def is_written(interaction: Interaction) -> bool:
    """True for a create or an update."""
    return interaction.code in _WRITES


async def wrapped(sent: Sent, id: str, headers: Mapping[bytes, bytes]) -> Sent:
    """What was sent, when that is a Binary resource; else the resource made of it, with this id ("" for none).

    Raises BadRequest for an empty body, UnsupportedMediaType for one without a media type, Forbidden for one that a
    web page sent in a type in which it could write here without being let in.
    """
    if not sent.body:
        raise BadRequest.of(BODY_MISSING)
    if not _is_media_type(sent.content_type):
        given = sent.content_type or "no named format"
        raise UnsupportedMediaType.of(UNSUPPORTED_MEDIA_TYPE, given=given, wanted="*/*")
    if await aside(len(sent.body), _is_resource, sent):
        return sent
    name = media_range(sent.content_type).name
    if b"origin" in headers and name in _SENT_UNASKED:
        raise Forbidden.of(SENT_BY_A_PAGE, type=name)
    security_context = headers.get(b"x-security-context", b"").decode("latin-1")
    return Sent(await aside(len(sent.body), _made, sent, id, security_context), Format.JSON.own)


def _is_resource(sent: Sent) -> bool:
    """True for a Binary in a format of FHIR, and for what is said to be FHIR and cannot be read as that."""
    name = media_range(sent.content_type).name
    known = format_of(name)
    if known is None:
        return False
    type_name = _type_in_json(sent.body) if known is Format.JSON else _type_in_xml(sent.body)
    return type_name == TYPE or (not type_name and name in _OWN)


def _type_in_json(body: bytes) -> str:
    try:
        return _TYPED.decode(body).resource_type
    except (msgspec.DecodeError, RecursionError):
        return ""


def _type_in_xml(body: bytes) -> str:
    found = _root(body[:100_000])
    return found[1].decode() if found else ""


def _made(sent: Sent, id: str, security_context: str) -> bytes:
    resource: dict[str, object] = {"resourceType": TYPE, "contentType": " ".join(sent.content_type.split())}
    if id:
        resource["id"] = id
    if security_context:
        resource["securityContext"] = {"reference": security_context}
    return encode({**resource, "data": b64encode(sent.body).decode()})
