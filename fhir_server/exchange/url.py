"""The FHIR URL grammar, shared by HTTP requests and Bundle entries. https://hl7.org/fhir/R4/http.html#3.1.0.1.2"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from conformance.errors import BadRequest, NotFound
from fhir_server.exchange.messages import BAD_ID, UNKNOWN_PATH, UNKNOWN_TYPE, UNREADABLE_PARAMETERS

_MOST_PARAMETERS = 1000
_NOT_UTF8 = "they are not UTF-8"
_is_id = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch


class Shape(StrEnum):
    """What a path names. The value is the template that documentation shows."""

    SYSTEM = "/"
    METADATA = "/metadata"
    SYSTEM_SEARCH = "/_search"
    SYSTEM_HISTORY = "/_history"
    SYSTEM_OPERATION = "/$operation"
    TYPE = "/[type]"
    TYPE_SEARCH = "/[type]/_search"
    TYPE_HISTORY = "/[type]/_history"
    TYPE_OPERATION = "/[type]/$operation"
    INSTANCE = "/[type]/[id]"
    INSTANCE_HISTORY = "/[type]/[id]/_history"
    INSTANCE_OPERATION = "/[type]/[id]/$operation"
    COMPARTMENT = "/[type]/[id]/[type]"
    COMPARTMENT_SEARCH = "/[type]/[id]/[type]/_search"
    VERSION = "/[type]/[id]/_history/[vid]"
    VERSION_OPERATION = "/[type]/[id]/_history/[vid]/$operation"


class Target(NamedTuple):
    """A parsed path. ``operation`` is a name without its ``$``; ``member`` the searched type of a compartment."""

    shape: Shape
    type: str = ""
    id: str = ""
    version: str = ""
    operation: str = ""
    member: str = ""


#: Types of logical models that have operations here, though R4 has no resources of them. https://sql-on-fhir.org/ig
OPERATION_TYPES = ("ViewDefinition",)

#: A compartment search of all types. https://hl7.org/fhir/R4/http.html#vsearch
EVERY_MEMBER = ("member", "*")

_SYSTEM_WORDS = {"metadata": "metadata", "_search": "_search", "_history": "_history"}
_TYPE_WORDS = {"_search": "_search", "_history": "_history"}
_INSTANCE_WORDS = {"_history": "_history"}
_MEMBER_WORDS = {"_search": "_search"}
#: By place in the path: the literal words, and what any other segment is.
_PLACES: tuple[tuple[dict[str, str], str], ...] = (
    (_SYSTEM_WORDS, "type"),
    (_TYPE_WORDS, "id"),
    (_INSTANCE_WORDS, "member"),
    (_MEMBER_WORDS, "version"),
    ({}, ""),
)

_SHAPES: dict[tuple[str, ...], Shape] = {
    (): Shape.SYSTEM,
    ("metadata",): Shape.METADATA,
    ("_search",): Shape.SYSTEM_SEARCH,
    ("_history",): Shape.SYSTEM_HISTORY,
    ("operation",): Shape.SYSTEM_OPERATION,
    ("type",): Shape.TYPE,
    ("type", "_search"): Shape.TYPE_SEARCH,
    ("type", "_history"): Shape.TYPE_HISTORY,
    ("type", "operation"): Shape.TYPE_OPERATION,
    ("type", "id"): Shape.INSTANCE,
    ("type", "id", "_history"): Shape.INSTANCE_HISTORY,
    ("type", "id", "operation"): Shape.INSTANCE_OPERATION,
    ("type", "id", "member"): Shape.COMPARTMENT,
    ("type", "id", "member", "_search"): Shape.COMPARTMENT_SEARCH,
    ("type", "id", "_history", "version"): Shape.VERSION,
    ("type", "id", "_history", "version", "operation"): Shape.VERSION_OPERATION,
}


def parse_path(path: str, is_resource: Callable[[str], bool]) -> Target:
    """The target of a decoded path below the base, such as ``/Patient/42``; one closing slash is tolerated.

    Raises NotFound for a path or type that does not exist, BadRequest for an id that is none.
    """
    segments = path.strip("/").split("/") if path.strip("/") else []
    if len(segments) > len(_PLACES):
        raise NotFound.of(UNKNOWN_PATH, path=path)
    kinds = tuple(map(_kind, range(len(segments)), segments))
    shape = _SHAPES.get(kinds)
    if shape is None:
        raise NotFound.of(UNKNOWN_PATH, path=path)
    named = dict(zip(kinds, segments, strict=True))
    _check(named, is_resource)
    return Target(
        shape,
        named.get("type", ""),
        named.get("id", ""),
        named.get("version", ""),
        named.get("operation", "")[1:],
        named.get("member", ""),
    )


def _kind(place: int, segment: str) -> str:
    words, otherwise = _PLACES[place]
    if segment[:1] == "$":
        return "operation"
    return words.get(segment, otherwise)


def _check(named: dict[str, str], is_resource: Callable[[str], bool]) -> None:
    if named.get("type") in OPERATION_TYPES and "operation" in named:
        named = {part: text for part, text in named.items() if part != "type"}
    for part in ("type", "member"):
        if part in named and not is_resource(named[part]) and (part, named[part]) != EVERY_MEMBER:
            raise NotFound.of(UNKNOWN_TYPE, type=named[part])
    for part in ("id", "version"):
        if part in named and not is_id(named[part]):
            raise BadRequest.of(BAD_ID, id=named[part])


def is_id(text: str) -> bool:
    """True for a logical id. https://hl7.org/fhir/R4/datatypes.html#id"""
    return _is_id(text) is not None


def query_pairs(query: str) -> tuple[tuple[str, str], ...]:
    """The (name, value) pairs of a query string or form, in order; a parameter without a value has "".

    Raises BadRequest when there are too many of them, and for escapes that are not UTF-8.
    """
    if not query:
        return ()
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except UnicodeDecodeError as error:
        raise BadRequest.of(UNREADABLE_PARAMETERS, reason=_NOT_UTF8) from error
    except ValueError as error:
        raise BadRequest.of(UNREADABLE_PARAMETERS, reason=f"more than {_MOST_PARAMETERS}") from error
    return tuple(pairs)


def parameters_text(raw: bytes) -> str:
    """A query string or form as text; letters beyond ASCII may stand in it as they are. Raises BadRequest."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise BadRequest.of(UNREADABLE_PARAMETERS, reason=_NOT_UTF8) from error


def split_url(url: str, base_url: str) -> tuple[str, str] | None:
    """Path and query of an entry's ``request.url``, relative or under ``base_url``; None for another server's."""
    if "://" in url.partition("?")[0]:
        if not url.startswith(base_url):
            return None
        url = url[len(base_url) :]
        if url[:1] not in ("", "/", "?"):
            return None
    path, _, query = url.partition("?")
    return unquote(path), query
