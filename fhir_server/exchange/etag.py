"""Version and time headers. https://hl7.org/fhir/R4/http.html#versioning"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from conformance.errors import BadRequest
from conformance.temporal import interval, is_instant
from fhir_server.exchange.messages import BAD_HEADER

_entity_tag = re.compile(r'\s*(?:W/)?"([A-Za-z0-9\-.]{1,64})"\s*').fullmatch

#: versionIds count from 1, so no resource is ever at this one: an If-Match that names it always fails.
NEVER = 2**62


def etag(version_id: int) -> str:
    """The weak entity tag of a version: ``W/"3"``."""
    return f'W/"{version_id}"'


def matched_version(header: str, text: str) -> int:
    """The versionId that an If-Match names; one that can be no versionId of ours gives ``NEVER``.

    Raises BadRequest when ``text`` is not one entity tag.
    """
    match = _entity_tag(text)
    if match is None:
        raise BadRequest.of(BAD_HEADER, header=header, value=text, expected='W/"[versionId]"')
    tag = match[1]
    return int(tag) if tag.isdecimal() and tag.isascii() and 0 < int(tag) < NEVER else NEVER


def names_version(text: str, version_id: int) -> bool:
    """True when an If-None-Match lists this version or is ``*``."""
    return text.strip() == "*" or any(
        (match := _entity_tag(tag)) is not None and match[1] == str(version_id) for tag in text.split(",")
    )


@lru_cache(maxsize=1024)
def _http_date(seconds: int) -> bytes:
    return formatdate(seconds, usegmt=True).encode()


def http_date(microseconds: int) -> bytes:
    """The HTTP date of a moment, whole seconds."""
    return _http_date(microseconds // 1_000_000)


def is_unmodified(since: str, last_updated: int) -> bool:
    """True when nothing changed after ``since``, an HTTP date or, as in a Bundle, an instant.

    Any other text is ignored, as HTTP asks.
    """
    if is_instant(since):
        return last_updated // 1000 <= interval(since)[0] // 1000
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return last_updated // 1_000_000 <= int(moment.timestamp())
