"""Token parameters. https://hl7.org/fhir/R4/search.html#token"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir_server.search.escaping import split, unescape
from fhir_server.search.kinds import Asked, Draft, Emit, ParameterKind, Setting, string_draft, token_draft
from fhir_server.store.query import Predicate, StringMode, StringTerm, TokenTerm

#: Suffix of the STRING entries that ``:text`` searches.
TEXT = ":text"


def coded(system: Any, code: Any) -> tuple[Draft, ...]:
    """The draft of a system and a code, either of which may be missing; none when both are."""
    known_system = system if isinstance(system, str) else ""
    if isinstance(code, str):
        return (token_draft(known_system, code),)
    return (token_draft(known_system, ""),) if known_system else ()


def _text(value: Any) -> tuple[Draft, ...]:
    return (string_draft(value, TEXT),) if isinstance(value, str) and value else ()


def _plain(value: Any, setting: Setting) -> Iterable[Draft]:
    return (token_draft(setting.system, value),) if isinstance(value, str) else ()


def _boolean(value: Any, _setting: Setting) -> Iterable[Draft]:
    return (token_draft("", "true" if value else "false"),) if isinstance(value, bool) else ()


def _number(value: Any, _setting: Setting) -> Iterable[Draft]:
    return (token_draft("", str(value)),) if isinstance(value, int) else ()


def coding(value: Any, _setting: Setting) -> tuple[Draft, ...]:
    """Drafts of a Coding: its code, and its display for ``:text``."""
    if not isinstance(value, dict):
        return ()
    display = value.get("display")
    found = coded(value.get("system"), value.get("code"))
    return found if display is None else found + _text(display)


def _concept(value: Any, setting: Setting) -> Iterable[Draft]:
    if not isinstance(value, dict):
        return ()
    found: list[Draft] = []
    codings = value.get("coding")
    for one in codings if isinstance(codings, list) else ():
        found += coding(one, setting)
    found += _text(value.get("text"))
    return found


def _identifier(value: Any, _setting: Setting) -> Iterable[Draft]:
    """System and value, and the text of its type for ``:text``."""
    if not isinstance(value, dict):
        return ()
    found = coded(value.get("system"), value.get("value"))
    kind = value.get("type")
    return (*found, *_text(kind.get("text"))) if isinstance(kind, dict) else found


def _contact(value: Any, _setting: Setting) -> Iterable[Draft]:
    return coded("", value.get("value")) if isinstance(value, dict) else ()


_EMIT: dict[str, Emit] = {
    **dict.fromkeys(("code", "id", "string", "markdown", "uri", "url", "canonical", "oid", "uuid"), _plain),
    **dict.fromkeys(("integer", "positiveInt", "unsignedInt"), _number),
    "boolean": _boolean,
    "Coding": coding,
    "CodeableConcept": _concept,
    "Identifier": _identifier,
    "ContactPoint": _contact,
}


def _term(asked: Asked) -> Predicate:
    if asked.modifier == "text":
        return StringTerm(asked.name + TEXT, StringMode.PREFIX, unescape(asked.text))
    return token_term(asked)


def token_term(asked: Asked) -> TokenTerm:
    """``code``, ``system|code``, ``|code`` (without a system) or ``system|`` (any code of it)."""
    parts = [unescape(part) for part in split(asked.text, "|")]
    match parts:
        case [code] if code:
            return TokenTerm(asked.name, None, code, asked.key)
        case [system, code] if system or code:
            return TokenTerm(asked.name, system, code or None, asked.key)
    raise asked.bad("code, system|code, |code or system|")


TOKEN = ParameterKind("token", _EMIT, _term, frozenset({"missing", "not", "text"}))
