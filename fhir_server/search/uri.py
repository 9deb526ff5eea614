"""Uri parameters. https://hl7.org/fhir/R4/search.html#uri"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.issues import Words
from fhir_server.search.escaping import unescape
from fhir_server.search.kinds import Asked, Draft, ParameterKind, Setting
from fhir_server.store.entries import NO_KEY, Kind
from fhir_server.store.query import Or, Predicate, UriTerm


def _plain(value: Any, _setting: Setting) -> Iterable[Draft]:
    return ((Kind.URI, value, NO_KEY, ""),) if isinstance(value, str) and value else ()


def _canonical(value: Any, setting: Setting) -> Iterable[Draft]:
    """A canonical with a version is found with and without it."""
    found = list(_plain(value, setting))
    if found and "|" in value:
        found += _plain(value.partition("|")[0], setting)
    return found


def _term(asked: Asked) -> Predicate:
    uri = unescape(asked.text)
    if not uri:
        raise asked.bad(Words("a URI", "URI"))
    if asked.modifier == "above":
        return Or(tuple(UriTerm(asked.name, part) for part in _above(uri)))
    return UriTerm(asked.name, uri, below=asked.modifier == "below")


def _above(uri: str) -> list[str]:
    """``uri`` and what remains of it when segments of its path are dropped from the end."""
    start = uri.find("://") + 3 if "://" in uri else 0
    found = [uri]
    while (cut := uri.rfind("/", start, len(uri))) > 0:
        found += [uri[: cut + 1]] * (uri != uri[: cut + 1]) + [uri[:cut]]
        uri = uri[:cut]
    return list(dict.fromkeys(found))


URI = ParameterKind(
    "uri",
    {**dict.fromkeys(("uri", "url", "oid", "uuid", "string"), _plain), "canonical": _canonical},
    _term,
    {"below": None, "above": None},
)
