"""``_text`` and ``_content``: words of the narrative, and of all texts of a resource.

https://hl7.org/fhir/R4/search.html#_text — offered when the server indexes words, which makes its index larger. Words
are folded as strings are. All words of a search must occur; ``or``, ``and``, ``not`` and parentheses combine them, and
``*`` ends the beginning of a word.

A word is an entry of kind URI: a text that is compared whole or by its beginning, as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape as without_entities
from typing import Any

from conformance.issues import Words
from fhir_server.search.escaping import unescape
from fhir_server.search.kinds import Asked, ParameterKind
from fhir_server.store.entries import fold
from fhir_server.store.query import And, Not, Or, Predicate, UriTerm

TEXT, CONTENT = "_text", "_content"
FULL_TEXT = (CONTENT, TEXT)

#: Longer words (encoded data) are not indexed.
LONGEST = 64
#: Words and parentheses in one search.
_MOST = 100

#: Members of ``meta`` that are not yet there when a resource is indexed for the first time.
_STAMPED = frozenset(("versionId", "lastUpdated"))
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[()]|[^\s()]+")


def words_of(text: str) -> Iterator[str]:
    """The folded words of a text, in order."""
    return (word for word in _WORD.findall(fold(text)) if len(word) <= LONGEST)


def narrative_words(resource: dict[str, Any]) -> set[str]:
    """Words of the narrative."""
    narrative = resource.get("text")
    div = narrative.get("div") if isinstance(narrative, dict) else None
    return set(words_of(without_entities(_TAG.sub(" ", div)))) if isinstance(div, str) else set()


def other_words(resource: dict[str, Any]) -> set[str]:
    """Words of all texts outside the narrative, and not those that the store stamps."""
    found: set[str] = set()
    waiting: list[Any] = [value for name, value in resource.items() if name not in ("text", "meta")]
    meta = resource.get("meta")
    if isinstance(meta, dict):
        waiting += [value for name, value in meta.items() if name not in _STAMPED]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.update(words_of(one))
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return found


def _term(asked: Asked) -> Predicate:
    reader = _Reader(asked)
    found = reader.either()
    if reader.tokens:
        raise asked.bad(
            Words("words, perhaps with and, or, not and parentheses", "các từ, có thể với and, or, not và ngoặc đơn")
        )
    return found


class _Reader:
    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.tokens = _TOKEN.findall(unescape(asked.text))[::-1]
        if len(self.tokens) > _MOST:
            raise asked.bad(Words(f"at most {_MOST} words", f"tối đa {_MOST} từ"))

    def _next(self) -> str:
        return self.tokens[-1].lower() if self.tokens else ""

    def either(self) -> Predicate:
        """``a or b``, where ``or`` binds least."""
        parts = [self._all()]
        while self._next() == "or":
            self.tokens.pop()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Predicate:
        parts = [self._one()]
        while self._next() not in ("", ")", "or"):
            if self._next() == "and":
                self.tokens.pop()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Predicate:
        if not self.tokens:
            raise self._asked.bad(Words("a word", "một từ"))
        token = self.tokens.pop()
        match token.lower():
            case "not":
                return Not(self._one())
            case "(":
                return self._inner()
            case ")" | "and" | "or":
                raise self._asked.bad(Words(f"a word before '{token}'", f"một từ trước '{token}'"))
        return self._words(token)

    def _inner(self) -> Predicate:
        found = self.either()
        if self._next() != ")":
            raise self._asked.bad(Words("a closing parenthesis", "dấu đóng ngoặc"))
        self.tokens.pop()
        return found

    def _words(self, token: str) -> Predicate:
        words = list(words_of(token))
        if not words:
            raise self._asked.bad(Words("words of letters or digits", "từ gồm chữ hoặc số"))
        parts = [self._word(word, below=False) for word in words[:-1]]
        parts.append(self._word(words[-1], below=token.endswith("*")))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _word(self, word: str, *, below: bool) -> Predicate:
        if self._asked.name == TEXT:
            return UriTerm(TEXT, word, below)
        return Or((UriTerm(CONTENT, word, below), UriTerm(TEXT, word, below)))


WORDS = ParameterKind("words", {}, _term, sortable=False)
