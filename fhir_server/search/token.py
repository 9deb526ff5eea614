"""Token parameters. https://hl7.org/fhir/R4/search.html#token"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance.issues import Words
from fhir_server.search.escaping import split, unescape
from fhir_server.search.kinds import Asked, Draft, Emit, ParameterKind, Setting, string_draft, token_draft
from fhir_server.search.places import local
from fhir_server.search.vocabulary import Vocabulary
from fhir_server.store.entries import NO_KEY, fold
from fhir_server.store.query import Or, Predicate, StringMode, StringTerm, TokenTerm

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
    """System and value under the codings of its type, and the text of its type for ``:text``."""
    if not isinstance(value, dict):
        return ()
    found = coded(value.get("system"), value.get("value"))
    kind = value.get("type")
    return (*_typed(found, kind.get("coding")), *_text(kind.get("text"))) if isinstance(kind, dict) else found


def _typed(found: tuple[Draft, ...], codings: Any) -> tuple[Draft, ...]:
    """The same with the codings of the identifier's type among the keys."""
    keys = list(NO_KEY)
    for one in _members(codings):
        if isinstance(one, dict):
            system, code = one.get("system"), one.get("code")
            if isinstance(system, str) and isinstance(code, str):
                keys.append(f"{system}|{code}")
    together = tuple(keys)
    return tuple([(kind, token, together, suffix) for kind, token, _, suffix in found])


def _members(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


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
    return _MEANINGS[asked.modifier](asked)


def _texts(asked: Asked) -> Predicate:
    text = unescape(asked.text)
    if not fold(text):
        raise asked.bad(Words("some text", "văn bản"))
    return StringTerm(asked.name + TEXT, StringMode.PREFIX, text)


def _of_type(asked: Asked) -> Predicate:
    """``system|code|value``: an identifier's value, under the coding of its type."""
    system, code, value = ([unescape(part) for part in split(asked.text, "|")] + ["", "", ""])[:3]
    if not (system and code and value) or len(split(asked.text, "|")) != 3:
        raise asked.bad(
            Words("system|code|value of an identifier and its type", "hệ mã|mã|giá trị của số định danh và loại của nó")
        )
    return TokenTerm(asked.name, None, value, f"{asked.key}{system}|{code}")


def _in(asked: Asked) -> Predicate:
    """Codes of a value set, by its canonical or as ValueSet/id."""
    text = local(unescape(asked.text), asked.base_url).removeprefix("ValueSet/")
    members = _vocabulary(asked).members(text)
    return _any_of(asked, ((system, code) for system, codes in members.items() for code in codes))


def _above(asked: Asked) -> Predicate:
    system, code = _system_and_code(asked)
    return _any_of(asked, ((system, one) for one in _vocabulary(asked).above(system, code)))


def _below(asked: Asked) -> Predicate:
    system, code = _system_and_code(asked)
    return _any_of(asked, ((system, one) for one in _vocabulary(asked).below(system, code)))


def _system_and_code(asked: Asked) -> tuple[str, str]:
    term = token_term(asked)
    if not (term.system and term.code):
        raise asked.bad(Words("system|code", "hệ mã|mã"))
    return term.system, term.code


def _any_of(asked: Asked, codes: Iterable[tuple[str, str]]) -> Predicate:
    """One of these codings. An element ``code`` tells no system unless its binding implies one."""
    found = sorted(codes)
    if "code" in asked.types:
        found += [("", code) for code in dict.fromkeys(code for _, code in found)]
    return Or(tuple(TokenTerm(asked.name, system, code, asked.key) for system, code in found))


def _vocabulary(asked: Asked) -> Vocabulary:
    if asked.vocabulary is None:
        raise asked.bad(Words("a server that knows value sets", "máy chủ biết các tập giá trị"))
    return asked.vocabulary


def token_term(asked: Asked) -> TokenTerm:
    """``code``, ``system|code``, ``|code`` (without a system) or ``system|`` (any code of it)."""
    parts = [unescape(part) for part in split(asked.text, "|")]
    match parts:
        case [code] if code:
            return TokenTerm(asked.name, None, code, asked.key)
        case [system, code] if system or code:
            return TokenTerm(asked.name, system, code or None, asked.key)
    raise asked.bad(Words("code, system|code, |code or system|", "mã, hệ mã|mã, |mã hoặc hệ mã|"))


_MEANINGS: dict[str, Callable[[Asked], Predicate]] = {
    "": token_term,
    "text": _texts,
    "of-type": _of_type,
    "in": _in,
    "above": _above,
    "below": _below,
}
_CODED = frozenset({"code", "Coding", "CodeableConcept"})
_MODIFIERS = {
    "not": None,
    "text": frozenset({"Coding", "CodeableConcept", "Identifier"}),
    "of-type": frozenset({"Identifier"}),
    **dict.fromkeys(("in", "not-in", "above", "below"), _CODED),
}

TOKEN = ParameterKind("token", _EMIT, _term, _MODIFIERS)
