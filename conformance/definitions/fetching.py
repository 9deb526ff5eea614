"""Fetches a file over HTTP, for those who install. https://hl7.org/fhir/R4/packages.html"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request

from conformance import messages
from conformance.definitions.unpacking import PACKED_LIMIT
from conformance.errors import Unavailable

_SECONDS = 60


def fetch(url: str) -> bytes:
    """What ``url`` gives. Raises Unavailable when it has no http(s) address, fails, or sends more than is read."""
    if not url.startswith(("https://", "http://")):
        raise Unavailable.of(messages.DOWNLOAD_FAILED, place=url, detail="a registry has an http(s) address")
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310  # scheme checked above
            content: bytes = answer.read(PACKED_LIMIT + 1)
    except (OSError, urllib.error.URLError, http.client.HTTPException, ValueError) as error:
        raise Unavailable.of(messages.DOWNLOAD_FAILED, place=url, detail=error) from error
    if len(content) > PACKED_LIMIT:
        raise Unavailable.of(messages.DOWNLOAD_FAILED, place=url, detail=f"more than {PACKED_LIMIT} bytes")
    return content
