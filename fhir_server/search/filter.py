"""``_filter``: searches written as expressions. https://hl7.org/fhir/R4/search_filter.html

``name co "an" and (birthdate ge 2000 or not (subject.active eq true))``. An operator stands for what the same search
parameter does with a modifier or prefix, so that both always find the same. ``and`` and ``or`` are read from left to
right. ``path[filter].rest`` asks two things of the same resource at the end of a reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from conformance.errors import BadRequest, FhirError
from conformance.issues import Words
from fhir_server.search.chains import chained, require_reference
from fhir_server.search.messages import BAD_FILTER
from fhir_server.search.parameter import Parameter
from fhir_server.store.query import (
    And,
    Chain,
    Comparison,
    Not,
    Or,
    Predicate,
    RangeTerm,
    ReverseChain,
    StringMode,
    StringTerm,
)

#: Expressions inside each other, in parentheses; and conditions: what is joined or negated counts.
_DEEPEST, _LEVELS = 20, 24

_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"(_?[A-Za-z][\w\-]*)(?::([A-Za-z]+))?")
_WORD = re.compile(r"[a-z]+")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_VALUE = re.compile(r"(?:[^\s()\[\]\"]|\[[^\s\[\]]*\]|\([^\s()]*\))+")

_ORDERED = frozenset({"date", "number", "quantity"})


class Ask(Protocol):
    """What a filter needs of the search that it is part of."""

    def parameter(self, resource_type: str, code: str) -> Parameter:
        """The parameter of a type. Raises UnknownParameter."""
        ...

    def predicate(self, resource_type: str, name: str, value: str) -> Predicate:
        """The meaning of ``name=value``. Raises BadRequest."""
        ...


def filter_predicate(ask: Ask, resource_type: str, text: str) -> Predicate:
    """The meaning of a filter on resources of a type. Raises BadRequest that tells the place of a mistake."""
    return _Filter(ask, text).whole(resource_type)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """``parameter operator value`` of one resource type."""

    ask: Ask
    parameter: Parameter
    value: str

    def named(self, modifier: str = "", value: str | None = None) -> Predicate:
        """The same parameter with a modifier, perhaps with another value."""
        text = self.value if value is None else value
        name = f"{self.parameter.code}:{modifier}" if modifier else self.parameter.code
        return self.ask.predicate(self.parameter.resource_type, name, _escaped(text))

    def prefixed(self, prefix: str) -> Predicate:
        """The same parameter with a prefix before the value."""
        return self.named(value=prefix + self.value)

    def text(self, mode: StringMode) -> Predicate:
        """A string compared in another way than a modifier can ask for."""
        terms = tuple(StringTerm(name, mode, self.value) for name in self.parameter.entries)
        return terms[0] if len(terms) == 1 else Or(terms)

    def equal(self) -> Predicate:
        """Equality as the type of the parameter has it; texts without case and diacritics."""
        if self.parameter.kind in _ORDERED:
            return self.prefixed("eq")
        return self.text(StringMode.WHOLE) if self.parameter.kind == "string" else self.named()

    def unequal(self) -> Predicate:
        """A range has its own operator; of anything else there is some, and none that is equal."""
        if self.parameter.kind in _ORDERED:
            return self.prefixed("ne")
        return And((self.named("missing", "false"), Not(self.equal())))

    def overlapping(self) -> Predicate:
        """The period of the value and that of the resource have a moment in common."""
        return _overlap(self.prefixed("eq"))

    def present(self) -> Predicate:
        """``pr true`` or ``pr false``."""
        return self.named("missing", {"true": "false", "false": "true"}.get(self.value, self.value))


def _overlap(term: Predicate) -> Predicate:
    if isinstance(term, Or):
        return Or(tuple(map(_overlap, term.parts)))
    return replace(term, comparison=Comparison.AP) if isinstance(term, RangeTerm) else term


def _ordered(prefix: str) -> Callable[[_Comparison], Predicate]:
    return lambda one: one.prefixed(prefix)


_STRINGS, _ALL, _TOKENS = frozenset({"string"}), frozenset[str](), frozenset({"token"})

#: Operator -> the parameter types it is for (none: all), and what it means.
_OPERATORS: Mapping[str, tuple[frozenset[str], Callable[[_Comparison], Predicate]]] = {
    "eq": (_ALL, _Comparison.equal),
    "ne": (_ALL, _Comparison.unequal),
    "pr": (_ALL, _Comparison.present),
    "co": (_STRINGS, lambda one: one.named("contains")),
    "sw": (_STRINGS | {"uri"}, lambda one: one.named("below" if one.parameter.kind == "uri" else "")),
    "ew": (_STRINGS, lambda one: one.text(StringMode.SUFFIX)),
    **{prefix: (_ORDERED, _ordered(prefix)) for prefix in ("gt", "lt", "ge", "le", "ap", "sa", "eb")},
    "po": (frozenset({"date"}), _Comparison.overlapping),
    "ss": (_TOKENS, lambda one: one.named("below")),
    "sb": (_TOKENS, lambda one: one.named("above")),
    "in": (_TOKENS, lambda one: one.named("in")),
    "re": (frozenset({"reference"}), _Comparison.named),
}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,")


def _levels(predicate: Predicate) -> int:
    """How many predicates are inside each other."""
    match predicate:
        case And(parts) | Or(parts):
            return 1 + max(map(_levels, parts), default=0)
        case Not(inner) | Chain(target=inner) | ReverseChain(source=inner):
            return 1 + _levels(inner)
        case _:
            return 0


#: How the operands of a word are joined: from left to right, those of the same word side by side.
_JOINED: dict[str, type[And | Or]] = {"and": And, "or": Or}


@dataclass(slots=True)
class _Filter:
    """Reads an expression from left to right, for one resource type at a time: a chain has several."""

    ask: Ask
    text: str
    at: int = 0
    depth: int = 0

    def whole(self, resource_type: str) -> Predicate:
        found = self._expression(resource_type)
        self._take(_SPACE)
        if self.at < len(self.text):
            raise self._bad(Words("and, or, or the end", "and, or hoặc kết thúc"))
        return found

    def _bad(self, expected: str | Words) -> FhirError:
        return BadRequest.of(BAD_FILTER, value=self.text, place=self.at + 1, expected=expected)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def _symbol(self, symbol: str) -> bool:
        self._take(_SPACE)
        found = self.text.startswith(symbol, self.at)
        self.at += len(symbol) * found
        return found

    def _require(self, symbol: str) -> None:
        if not self._symbol(symbol):
            raise self._bad(f"'{symbol}'")

    def _ahead(self) -> str:
        """The word that comes next."""
        self._take(_SPACE)
        found = _WORD.match(self.text, self.at)
        return found.group() if found else ""

    def _expression(self, resource_type: str) -> Predicate:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._bad(Words("fewer parentheses", "ít dấu ngoặc hơn"))
        joined, parts = "", [self._operand(resource_type)]
        while (word := self._ahead()) in _JOINED:
            if joined not in ("", word):
                parts = [self._shallow(_JOINED[joined](tuple(parts)))]
            self.at += len(word)
            parts.append(self._operand(resource_type))
            joined = word
        self.depth -= 1
        return self._shallow(_JOINED[joined](tuple(parts)) if joined else parts[0])

    def _shallow(self, found: Predicate) -> Predicate:
        """``found``, unless it holds more inside each other than engines take."""
        if _levels(found) > _LEVELS:
            raise self._bad(Words("fewer conditions inside each other", "ít điều kiện lồng nhau hơn"))
        return found

    def _operand(self, resource_type: str) -> Predicate:
        if self._symbol("("):
            return self._closed(resource_type, ")")
        start = self.at
        if self._ahead() == "not":
            self.at += len("not")
            if self._symbol("("):
                return Not(self._closed(resource_type, ")"))
            self.at = start
        return self._path(resource_type)

    def _closed(self, resource_type: str, end: str) -> Predicate:
        found = self._expression(resource_type)
        self._require(end)
        return found

    def _path(self, resource_type: str) -> Predicate:
        self._take(_SPACE)
        name = self._take(_NAME)
        if name is None:
            raise self._bad(Words("the name of a search parameter", "tên tham số tìm kiếm"))
        parameter = self.ask.parameter(resource_type, name[1])
        if self.text[self.at : self.at + 1] in (".", "["):
            return self._chain(parameter, name[2] or "")
        if name[2]:
            raise self._bad(Words("'.' after a type", "'.' sau loại tài nguyên"))
        return self._comparison(parameter)

    def _chain(self, parameter: Parameter, target: str) -> Predicate:
        """What follows is read anew for each type that the reference may lead to."""
        require_reference(parameter, self.text[self.at + 1 :])
        start, depth, ends = self.at, self.depth, set[int]()

        def follow(resource_type: str) -> Predicate:
            self.at, self.depth = start, depth + 1
            if self.depth > _DEEPEST:
                raise self._bad(Words("fewer links", "ít bước nối hơn"))
            inner = [self._closed(resource_type, "]")] if self._symbol("[") else []
            self._require(".")
            found = self._path(resource_type)
            ends.add(self.at)
            return And((*inner, found)) if inner else found

        found = chained(parameter, target, parameter.code, follow)
        (self.at,), self.depth = ends, depth
        return found

    def _comparison(self, parameter: Parameter) -> Predicate:
        word = self._ahead()
        if word not in _OPERATORS:
            raise self._bad(", ".join(_OPERATORS))
        kinds, meaning = _OPERATORS[word]
        if kinds and parameter.kind not in kinds:
            raise self._bad(f"an operator for a parameter of type {parameter.kind} instead of {word}")
        self.at += len(word)
        return meaning(_Comparison(self.ask, parameter, self._value()))

    def _value(self) -> str:
        self._take(_SPACE)
        quoted = self._take(_STRING)
        if quoted:
            return re.sub(r"\\(.)", r"\1", quoted[1])
        found = self._take(_VALUE)
        if found is None:
            raise self._bad(Words("a value", "một giá trị"))
        return found.group()
