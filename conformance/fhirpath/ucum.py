"""Unit expressions of UCUM worked out to a factor and dimensions. https://ucum.org/ucum

``mg/dL`` becomes 0.01 of ``g.m-3`` and so on, in exact fractions. A unit that is not in the table is unknown: it
compares only with itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from conformance.fhirpath.ucum_units import BASE, BINARY, METRIC, METRIC_SCALES, PLAIN, PREFIXES, SCALES

#: Longer texts are no units.
_LONGEST = 100
#: Larger exponents than this are nonsense and would make huge numbers.
_LARGEST_EXPONENT = 30

_TOKEN = re.compile(r"\{[^{}]*\}|[./()]|(?:10[*^]|[^\[\]{}./()+\-0-9]|\[[^\[\]]*\]|(?<=\])%)+|[+-]?[0-9]+|[+-]")


class Unit(NamedTuple):
    """A unit as ``factor`` times base units; ``offset`` is added to a value before it is multiplied."""

    factor: Fraction
    dimensions: frozenset[tuple[str, int]]
    offset: Fraction = Fraction(0)

    def in_base(self, value: Fraction) -> Fraction:
        """``value`` of this unit in base units."""
        return (value + self.offset) * self.factor


_ONE = Unit(Fraction(1), frozenset())


@lru_cache(maxsize=2048)
def unit(text: str) -> Unit | None:
    """What ``text`` stands for; None when it is not UCUM or not known here."""
    if len(text) > _LONGEST:
        return None
    try:
        return _scale(text) or _Reader(text, _atom).whole()
    except ValueError:
        return None


@lru_cache(maxsize=2048)
def is_code(text: str) -> bool:
    """Whether ``text`` is a code of UCUM, also where it cannot be worked out to a factor (``Cel/min``)."""
    try:
        _Reader(text, _named).whole()
    except ValueError:
        return False
    return True


def _scale(text: str) -> Unit | None:
    if text not in SCALES:
        return None
    step, zero = SCALES[text]
    amount, _, base = step.partition(" ")
    return Unit(Fraction(amount) * _of(unit(base)).factor, _of(unit(base)).dimensions, Fraction(zero))


def _of(found: Unit | None) -> Unit:
    if found is None:
        raise ValueError
    return found


def product(one: Unit, other: Unit, power: int = 1) -> Unit:
    """``one`` times ``other`` to a power."""
    sums = dict(one.dimensions)
    for name, exponent in other.dimensions:
        sums[name] = sums.get(name, 0) + exponent * power
    return Unit(one.factor * other.factor**power, frozenset((name, n) for name, n in sums.items() if n))


class _Reader:
    def __init__(self, text: str, atom: Callable[[str], Unit]) -> None:
        self._atom = atom
        self._tokens = _TOKEN.findall(text)
        self._next = 0
        if not text or "".join(self._tokens) != text:
            raise ValueError(text)

    def whole(self) -> Unit:
        found = self._term()
        if self._next < len(self._tokens):
            raise ValueError(self._tokens)
        return found

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._next += 1
        return token

    def _term(self) -> Unit:
        sign = -1 if self._peek() == "/" and self._take() else 1
        found = product(_ONE, self._component(), sign)
        while self._peek() in (".", "/"):
            sign = 1 if self._take() == "." else -1
            found = product(found, self._component(), sign)
        return found

    def _component(self) -> Unit:
        found = self._unannotated(self._take())
        if self._peek().startswith("{"):
            self._take()
        return found

    def _unannotated(self, token: str) -> Unit:
        if token == "(":  # noqa: S105  a bracket
            inner = self._term()
            if self._take() != ")":
                raise ValueError(token)
            return inner
        if token.startswith("{"):
            return _ONE
        if token.isdigit():
            return Unit(Fraction(int(token)), frozenset())
        return self._power(self._atom(token))

    def _power(self, base: Unit) -> Unit:
        found = base
        if self._peek().lstrip("+-").isdigit():
            exponent = int(self._take())
            if abs(exponent) > _LARGEST_EXPONENT:
                raise ValueError(exponent)
            found = product(_ONE, base, exponent)
        return found


@lru_cache(maxsize=1024)
def _atom(token: str) -> Unit:
    if token in BASE:
        return Unit(Fraction(1), frozenset({(token, 1)}))
    if token in METRIC or token in PLAIN:
        return _defined(token, METRIC.get(token) if token in METRIC else PLAIN[token])
    for length in (2, 1):
        prefix, rest = token[:length], token[length:]
        scale = _prefix(prefix)
        if scale is not None and (rest in METRIC or rest in BASE):
            base = _atom(rest)
            return Unit(base.factor * scale, base.dimensions)
    raise ValueError(token)


def _prefix(letters: str) -> Fraction | None:
    if letters in PREFIXES:
        return Fraction(10) ** PREFIXES[letters]
    return Fraction(1024) ** BINARY[letters] if letters in BINARY else None


def _named(token: str) -> Unit:
    """One for each token that is a unit or scale, with or without prefix. Raises ValueError for any other."""
    if token in SCALES or any(token == prefix + scale for scale in METRIC_SCALES for prefix in PREFIXES):
        return _ONE
    return product(_ONE, _atom(token), 0)


def _defined(token: str, meaning: str | None) -> Unit:
    if not meaning:
        return Unit(Fraction(1), frozenset({(token, 1)}))
    amount, blank, base = meaning.partition(" ")
    found = _Reader(base if blank else meaning, _atom).whole()
    return Unit(found.factor * Fraction(amount), found.dimensions) if blank else found
