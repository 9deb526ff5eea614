"""Which formats are read and written. https://hl7.org/fhir/R4/http.html#mime-type"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from conformance.errors import NotAcceptable, UnsupportedMediaType
from fhir_server.exchange.headers import EXACT, MediaRange, media_range, media_ranges
from fhir_server.exchange.messages import NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE
from fhir_server.exchange.registry import Content


class Format(Enum):
    """A format of resources: its short name, and its media types with FHIR's own first."""

    JSON = ("json", "application/fhir+json", "application/json", "text/json")
    XML = ("xml", "application/fhir+xml", "application/xml", "text/xml")

    @property
    def media_types(self) -> tuple[str, ...]:
        """The media types, the FHIR one first."""
        return self.value[1:]

    @property
    def own(self) -> str:
        """FHIR's own media type."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Representation:
    """How an answer is written: the format, and what to call it."""

    format: Format = Format.JSON
    content_type: str = f"{Format.JSON.own}; charset=utf-8"


DEFAULT = Representation()
FORM = "application/x-www-form-urlencoded"
JSON_PATCH = "application/json-patch+json"
_RESOURCE = (*Format.JSON.media_types, *Format.XML.media_types)
#: What is read of each content, FHIR's names first; of others any type.
_READ: dict[Content, tuple[str, ...]] = {
    Content.RESOURCE: _RESOURCE,
    Content.FORM: (FORM,),
    Content.PATCH: (JSON_PATCH, *_RESOURCE),
}
#: What a refusal asks for. All text is UTF-8, whatever its type.
_TOLD: dict[Content, str] = {
    Content.RESOURCE: f"{Format.JSON.own} | {Format.XML.own}",
    Content.FORM: FORM,
    Content.PATCH: f"{JSON_PATCH} | {Format.JSON.own} | {Format.XML.own}",
    Content.ANY: "UTF-8, FHIR 4.0",
}
_FORMATS = {name: one for one in Format for name in one.media_types}
_OWN = frozenset(one.own for one in Format)
_SHORT = {one.value[0]: one for one in Format}
_FHIR_VERSIONS = ("", "4.0", "4.0.1")
_CHARSETS = ("", "utf-8", "utf8")


def format_of(media_type: str) -> Format | None:
    """The format of a body of this media type; None when it is no resource."""
    return _FORMATS.get(media_type)


@lru_cache(maxsize=512)
def representation(accept: str, asked: str | None, sent: Format | None) -> Representation:
    """What ``_format`` asks for, or without it what an Accept header ranks first.

    ``sent`` is the format of the request's body: it decides where a client accepts anything. Raises NotAcceptable.
    """
    if asked is not None:
        return _asked(asked)
    preferred = sent or Format.JSON
    if not accept.strip():
        return _written(preferred, preferred.own, "")
    ranges = media_ranges(accept)
    ranked = [rank for one in Format for rank in _ranked(one, ranges, preferred)]
    if not ranked:
        raise NotAcceptable.of(NOT_ACCEPTABLE, wanted=accept)
    _, best, name, version = max(ranked, key=lambda row: row[0])
    return _written(best, name, version)


def tolerant(accept: str, asked: str | None, sent: Format | None) -> Representation:
    """The same for the answer to a request that failed: what cannot be written is answered in JSON."""
    for wanted in dict.fromkeys((asked, None)):
        try:
            return representation(accept, wanted, sent)
        except NotAcceptable:
            continue
    return DEFAULT


def _asked(text: str) -> Representation:
    # An unescaped "+" of a media type arrives as a blank.
    given = media_range(text.strip().replace(" ", "+").replace(";+", ";"))
    found = _SHORT.get(given.name) or _FORMATS.get(given.name)
    if found is None or not _is_ours(given):
        raise NotAcceptable.of(NOT_ACCEPTABLE, wanted=text)
    return _written(found, found.own, given.parameters.get("fhirversion", ""))


def _written(format: Format, name: str, version: str) -> Representation:
    told = f"; fhirVersion={version}" if version else ""
    return Representation(format, f"{name}{told}; charset=utf-8")


_Rank = tuple[tuple[float, int, int, bool, bool], Format, str, str]


def _ranked(format: Format, ranges: tuple[MediaRange, ...], preferred: Format) -> Iterator[_Rank]:
    """The media types of a format that are accepted: by weight, then by how exactly and how early they are named."""
    for name in format.media_types:
        matching = [(row.precision(name), -place, row) for place, row in enumerate(ranges) if _matches(row, name)]
        if matching:
            precision, place, row = max(matching, key=lambda item: item[:2])
            if row.weight > 0:
                rank = (row.weight, precision, place, format is preferred, name == format.own)
                yield rank, format, name, row.parameters.get("fhirversion", "")


def _matches(row: MediaRange, name: str) -> bool:
    """What names no type in full means FHIR's own types, or those of ``text``."""
    precision = row.precision(name)
    is_meant = precision == EXACT or (precision > 0 and (name in _OWN or row.name == "text/*"))
    return is_meant and _is_ours(row)


def _is_ours(given: MediaRange) -> bool:
    return given.parameters.get("fhirversion", "") in _FHIR_VERSIONS and _has_charset(given)


def _has_charset(given: MediaRange) -> bool:
    return given.parameters.get("charset", "").lower() in _CHARSETS


@lru_cache(maxsize=512)
def read_as(content_type: str, content: Content) -> str:
    """The media type of a body, without parameters. Raises UnsupportedMediaType for one that is not read here."""
    given = media_range(content_type)
    told = _TOLD.get(content)
    is_read = given.name in _READ.get(content, (given.name,)) and _is_ours(given)
    if told is None or is_read:
        return given.name
    raise UnsupportedMediaType.of(UNSUPPORTED_MEDIA_TYPE, given=content_type or "no named format", wanted=told)
