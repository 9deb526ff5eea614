"""Cursors as text for page links: opaque, safe in a URL, bound to one search.

https://hl7.org/fhir/R4/http.html#paging
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest

import msgspec

from conformance.errors import BadRequest
from fhir_server.search.messages import BAD_CURSOR
from fhir_server.store.protocol import Cursor

_SEAL = 12
_CURSOR = msgspec.json.Decoder(Cursor)


class Cursors:
    """Encodes and checks cursors with a key, which the processes of one installation share."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key[:64]

    def encode(self, cursor: Cursor, purpose: object) -> str:
        """The text of ``cursor`` for a search that ``purpose`` (anything with a stable repr) identifies."""
        content = msgspec.json.encode(cursor)
        return urlsafe_b64encode(self._seal(content, purpose) + content).decode().rstrip("=")

    def decode(self, text: str, purpose: object) -> Cursor:
        """The cursor in ``text``. Raises BadRequest when it was not made here for this search."""
        try:
            raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (binascii.Error, UnicodeEncodeError):
            raise BadRequest.of(BAD_CURSOR) from None
        seal, content = raw[:_SEAL], raw[_SEAL:]
        if not compare_digest(seal, self._seal(content, purpose)):
            raise BadRequest.of(BAD_CURSOR)
        return _CURSOR.decode(content)

    def _seal(self, content: bytes, purpose: object) -> bytes:
        hashed = blake2b(content, digest_size=_SEAL, key=self._key)
        hashed.update(repr(purpose).encode())
        return hashed.digest()
