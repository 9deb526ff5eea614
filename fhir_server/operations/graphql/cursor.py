"""The ``next`` of a Connection: the whole search as text, opaque to clients. https://hl7.org/fhir/R4/graphql.html#searching"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from conformance.errors import BadRequest
from fhir_server.search.messages import BAD_CURSOR


class Continued(msgspec.Struct, frozen=True, array_like=True):
    """A search, and where in it a page begins: ``cursor`` of the repository ("": at the start), matches before it."""

    pairs: tuple[tuple[str, str], ...]
    expression: str = ""
    cursor: str = ""
    offset: int = 0


#: Search parameters that mean nothing here, or would change the form of the answer.
REFUSED = frozenset(
    ("id", "_include", "_revinclude", "_contained", "_containedType", "_summary", "_elements", "_format")
)

_DECODER = msgspec.json.Decoder(Continued)


def spelled(search: Continued) -> str:
    """The text that stands for it."""
    return urlsafe_b64encode(msgspec.json.encode(search)).decode().rstrip("=")


def continued(text: object) -> Continued:
    """The search that a text stands for; the repository checks its cursor. Raises BadRequest for any other text."""
    if not isinstance(text, str):
        raise BadRequest.of(BAD_CURSOR)
    try:
        found = _DECODER.decode(urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeEncodeError, msgspec.DecodeError):
        raise BadRequest.of(BAD_CURSOR) from None
    if any(name in REFUSED for name, _ in found.pairs):
        raise BadRequest.of(BAD_CURSOR)
    return found
