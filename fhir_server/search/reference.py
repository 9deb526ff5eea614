"""Reference parameters. https://hl7.org/fhir/R4/search.html#reference

References to contained resources are not indexed. A canonical with a version is found with and without it, and with
``:below`` under the beginnings of its version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from conformance.issues import Words
from fhir_server.search.escaping import unescape
from fhir_server.search.kinds import Asked, Draft, Emit, ParameterKind, Setting, reference_draft, token_draft
from fhir_server.search.places import local
from fhir_server.search.token import coded, token_term
from fhir_server.store.query import Or, Predicate, ReferenceTerm, TokenTerm

#: Suffix of the TOKEN entries that ``:identifier`` searches.
IDENTIFIER = ":identifier"
#: Suffix of the TOKEN entries of versioned canonicals that ``:below`` searches.
BELOW = ":below"

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_LOCAL = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")


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
    url, bar, version = text.partition("|")
    return (reference_draft(text), reference_draft(url), *_versions(url, version)) if bar else (reference_draft(text),)


def _versions(url: str, version: str) -> Iterator[Draft]:
    """The canonical under 1, 1.0 and 1.0.2 for version 1.0.2."""
    parts = version.split(".")
    for length in range(1, len(parts) + 1):
        kind, token, keys, _ = token_draft(url, ".".join(parts[:length]))
        yield (kind, token, keys, BELOW)


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
        raise asked.bad(Words("a reference", "tham chiếu"))
    if asked.modifier == "below":
        url, bar, version = local(text, asked.base_url).partition("|")
        return TokenTerm(asked.name + BELOW, url, version) if bar else ReferenceTerm(asked.name, url)
    targets = (asked.modifier,) if asked.modifier else asked.targets
    terms = [ReferenceTerm(asked.name, target) for target in _targets(local(text, asked.base_url), targets)]
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def _targets(text: str, types: tuple[str, ...]) -> Iterable[str]:
    """What ``text`` may mean: itself, or as a bare id a resource of each type; a type as modifier must agree."""
    if _ID.fullmatch(text):
        return [f"{type_name}/{text}" for type_name in types]
    found = _LOCAL.fullmatch(text)
    return [text] if found is None or not types or found.group(1) in types else []


_MODIFIERS = {"identifier": frozenset({"Reference"}), "below": frozenset({"canonical"})}

REFERENCE = ParameterKind("reference", _EMIT, _term, _MODIFIERS)
