"""Tokens of FHIRPath. https://hl7.org/fhirpath/N1/grammar.html"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from conformance.fhirpath.messages import SYNTAX, FhirPathError


class Lexeme(StrEnum):
    """Kinds of token."""

    NAME = "name"
    DELIMITED = "delimited"
    STRING = "string"
    NUMBER = "number"
    TIME = "time"
    DATE_TIME = "datetime"
    DATE = "date"
    SPECIAL = "special"
    EXTERNAL = "external"
    SYMBOL = "symbol"
    END = "end"


class LexToken(NamedTuple):
    """``text`` is unescaped for strings and delimited names; ``at`` counts characters from the start."""

    kind: Lexeme
    text: str
    at: int


_CLOCK = r"\d{2}(?::\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_DAY = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"

#: Order matters: the first that matches wins. None of them can backtrack more than linearly.
_PATTERN = re.compile(
    "|".join(
        (
            r"(?P<space>[ \t\r\n]+|//[^\n]*|/\*[\s\S]*?\*/)",
            r"(?P<open>/\*)",
            rf"(?P<time>@T{_CLOCK})",
            rf"(?P<datetime>@{_DAY}T(?:{_CLOCK}(?:Z|[+-]\d{{2}}:\d{{2}})?)?)",
            rf"(?P<date>@{_DAY})",
            r"(?P<number>\d+(?:\.\d+)?)",
            r"(?P<string>'(?:[^'\\]|\\.)*')",
            r"(?P<delimited>`(?:[^`\\]|\\.)*`)",
            r"(?P<special>\$[a-z]+)",
            r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)",
            r"(?P<external>%)",
            r"(?P<symbol><=|>=|!=|!~|[-.,()\[\]{}+*/&|<>=~])",
        )
    ),
    re.DOTALL,
)

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"`": "`", "'": "'", '"': '"', "\\": "\\", "/": "/", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def tokenize(text: str) -> list[LexToken]:
    """The tokens of ``text``, ended by one of kind END. Raises FhirPathError at a character that begins no token."""
    tokens: list[LexToken] = []
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise FhirPathError.at(SYNTAX, text, at, problem=f"unexpected {text[at]!r}")
        kind = match.lastgroup
        if kind == "open":
            raise FhirPathError.at(SYNTAX, text, at, problem="a comment that does not end")
        if kind is not None and kind != "space":
            tokens.append(_token(Lexeme(kind), match.group(), at, text))
        at = match.end()
    tokens.append(LexToken(Lexeme.END, "", at))
    return tokens


def _token(kind: Lexeme, raw: str, at: int, text: str) -> LexToken:
    if kind in (Lexeme.STRING, Lexeme.DELIMITED):
        return LexToken(kind, _unescape(raw[1:-1], at, text), at)
    if kind in (Lexeme.DATE, Lexeme.DATE_TIME):
        return LexToken(kind, raw[1:], at)
    return LexToken(kind, raw[2:] if kind is Lexeme.TIME else raw, at)


def _unescape(raw: str, at: int, text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in _ESCAPED:
            raise FhirPathError.at(SYNTAX, text, at + 1 + match.start(), problem=f"unknown escape '\\{code}'")
        return _ESCAPED[code]

    return _ESCAPE.sub(one, raw) if "\\" in raw else raw
