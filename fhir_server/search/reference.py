"""Reference parameters. https://hl7.org/fhir/R4/search.html#reference

References to contained resources are not indexed. A canonical with a version is found with and without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fhir_server.search.escaping import unescape
from fhir_server.search.kinds import Asked, Draft, Emit, ParameterKind, Setting, reference_draft
from fhir_server.search.token import coded, token_term
from fhir_server.store.query import Or, Predicate, ReferenceTerm

#: Suffix of the TOKEN entries that ``:identifier`` searches.
IDENTIFIER = ":identifier"

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")


def local(text: str, base_url: str) -> str:
    """The target as it is indexed: "Type/id" without a version for a resource of this server, else ``text`` itself."""
    if base_url and text.startswith(base_url):
        text = text[len(base_url) :].lstrip("/")
    if "/_history/" in text and ":" not in text:
        return text.partition("/_history/")[0]
    return text


def _reference(value: Any, setting: Setting) -> Iterable[Draft]:
    if not isinstance(value, dict):
        return ()
    found: list[Draft] = []
    text = value.get("reference")
    if isinstance(text, str) and text and text[0] != "#":
        found.append(reference_draft(local(text, setting.base_url)))
    identifier = value.get("identifier")
    if isinstance(identifier, dict):
        drafts = coded(identifier.get("system"), identifier.get("value"))
        found += [(kind, token, keys, IDENTIFIER) for kind, token, keys, _ in drafts]
    return found


def _canonical(value: Any, setting: Setting) -> Iterable[Draft]:
    if not isinstance(value, str) or not value or value[0] == "#":
        return ()
    text = local(value, setting.base_url)
    url, bar, _version = text.partition("|")
    return (reference_draft(text), reference_draft(url)) if bar else (reference_draft(text),)


def _resource(value: Any, _setting: Setting) -> Iterable[Draft]:
    """A resource that stands in the place itself, as in a Bundle."""
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        return (reference_draft(f"{value.get('resourceType')}/{value['id']}"),)
    return ()


_EMIT: dict[str, Emit] = {
    "Reference": _reference,
    **dict.fromkeys(("canonical", "uri", "url"), _canonical),
    "Resource": _resource,
}


def _term(asked: Asked) -> Predicate:
    if asked.modifier == "identifier":
        return token_term(replace(asked, name=asked.name + IDENTIFIER))
    text = unescape(asked.text)
    if not text:
        raise asked.bad("a reference")
    targets = (asked.modifier,) if asked.modifier else asked.targets
    terms = [ReferenceTerm(asked.name, target) for target in _targets(local(text, asked.base_url), targets)]
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def _targets(text: str, types: tuple[str, ...]) -> Iterable[str]:
    """What ``text`` may mean: itself, or as a bare id a resource of each type; a type as modifier must agree."""
    if _ID.fullmatch(text):
        return [f"{type_name}/{text}" for type_name in types]
    found = _LOCAL.fullmatch(text)
    return [text] if found is None or not types or found.group(1) in types else []


REFERENCE = ParameterKind("reference", _EMIT, _term, frozenset({"missing", "identifier"}))
