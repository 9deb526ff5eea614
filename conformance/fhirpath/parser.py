"""FHIRPath text to its syntax tree: a Pratt parser of the whole N1 grammar. https://hl7.org/fhirpath/N1/grammar.html"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from conformance.fhirpath.lexer import Lexeme, LexToken, tokenize
from conformance.fhirpath.messages import SYNTAX, FhirPathError
from conformance.fhirpath.syntax import (
    Binary,
    Empty,
    Expression,
    External,
    Function,
    Indexer,
    Invoke,
    Literal,
    Member,
    Special,
    TypeTest,
    Unary,
    parts,
)

#: How strongly an operator binds: https://hl7.org/fhirpath/N1/#operator-precedence
_BINDING = {
    ".": 13, "[": 13,
    "*": 11, "/": 11, "div": 11, "mod": 11,
    "+": 10, "-": 10, "&": 10,
    "is": 9, "as": 9,
    "|": 8,
    "<": 7, ">": 7, "<=": 7, ">=": 7,
    "=": 6, "~": 6, "!=": 6, "!~": 6,
    "in": 5, "contains": 5,
    "and": 4,
    "or": 3, "xor": 3,
    "implies": 2,
}  # fmt: skip
_UNARY = 12
_STEP = 13

#: Words of the grammar that may also name an element or function.
_SOFT_WORDS = frozenset({"as", "contains", "in", "is"})
_HARD_WORDS = frozenset({"and", "div", "false", "implies", "mod", "or", "true", "xor"})

_TIME_UNITS = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
_CALENDAR = frozenset(_TIME_UNITS) | {f"{unit}s" for unit in _TIME_UNITS}

#: Longer texts are refused unread.
MAX_LENGTH = 65_536
#: Deeper expressions are refused before they can exhaust the interpreter's stack.
MAX_DEPTH = 100
#: So many steps or operands may follow one another.
MAX_HEIGHT = 200

_SIMPLE_LITERALS = {
    Lexeme.STRING: "System.String",
    Lexeme.DATE: "System.Date",
    Lexeme.DATE_TIME: "System.DateTime",
    Lexeme.TIME: "System.Time",
}


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The syntax tree of ``text``. Raises FhirPathError that tells the line and column."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise FhirPathError.at(SYNTAX, text[:100], 0, problem=f"longer than {MAX_LENGTH} characters")
        self._text = text
        self._tokens = tokenize(text)
        self._next = 0
        self._depth = 0

    def whole(self) -> Expression:
        tree = self._expression(0)
        if self._peek().kind is not Lexeme.END:
            raise self._unexpected(self._peek())
        if height(tree) > MAX_HEIGHT:
            raise FhirPathError.at(SYNTAX, self._text, 0, problem="too many steps or operands in a row")
        return tree

    # -- tokens

    def _peek(self) -> LexToken:
        return self._tokens[self._next]

    def _take(self) -> LexToken:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _is_symbol(self, text: str) -> bool:
        token = self._peek()
        return token.kind is Lexeme.SYMBOL and token.text == text

    def _expect(self, symbol: str) -> None:
        if not self._is_symbol(symbol):
            raise self._unexpected(self._peek(), f"expected '{symbol}'")
        self._take()

    def _unexpected(self, token: LexToken, hint: str = "") -> FhirPathError:
        found = "unexpected end" if token.kind is Lexeme.END else f"unexpected '{token.text}'"
        return FhirPathError.at(SYNTAX, self._text, token.at, problem=f"{found}, {hint}" if hint else found)

    # -- expressions

    def _expression(self, binding: int) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FhirPathError.at(SYNTAX, self._text, self._peek().at, problem="nested too deeply")
        left = self._prefix()
        while (strength := self._strength(self._peek())) > binding:
            left = self._infix(left, self._take(), strength)
        self._depth -= 1
        return left

    @staticmethod
    def _strength(token: LexToken) -> int:
        return _BINDING.get(token.text, 0) if token.kind in (Lexeme.SYMBOL, Lexeme.NAME) else 0

    def _infix(self, left: Expression, operator: LexToken, strength: int) -> Expression:
        match operator.text:
            case ".":
                return Invoke(left, self._invocation(is_step=True), operator.at)
            case "[":
                index = self._expression(0)
                self._expect("]")
                return Indexer(left, index, operator.at)
            case "is" | "as":
                return TypeTest(operator.text, left, self._type_name(), operator.at)
            case symbol:
                return Binary(symbol, left, self._expression(strength), operator.at)

    def _prefix(self) -> Expression:
        token = self._peek()
        if token.kind is Lexeme.SYMBOL:
            return self._symbol_prefix(self._take())
        if token.kind is Lexeme.EXTERNAL:
            self._take()
            return External(self._external_name(), token.at)
        if token.kind is Lexeme.NAME and token.text in ("true", "false"):
            self._take()
            return Literal(token.text == "true", "System.Boolean", token.at)
        return self._literal() or self._invocation()

    def _symbol_prefix(self, token: LexToken) -> Expression:
        match token.text:
            case "(":
                inner = self._expression(0)
                self._expect(")")
                return inner
            case "{":
                self._expect("}")
                return Empty(token.at)
            case "+" | "-":
                return Unary(token.text, self._expression(_UNARY), token.at)
        raise self._unexpected(token)

    def _external_name(self) -> str:
        token = self._take()
        if token.kind in (Lexeme.NAME, Lexeme.DELIMITED, Lexeme.STRING):
            return token.text
        raise self._unexpected(token, "expected the name of a variable")

    # -- literals

    def _literal(self) -> Expression | None:
        token = self._peek()
        if token.kind is Lexeme.NUMBER:
            return self._number(self._take())
        if token.kind in _SIMPLE_LITERALS:
            self._take()
            return Literal(token.text, _SIMPLE_LITERALS[token.kind], token.at)
        return None

    def _number(self, token: LexToken) -> Literal:
        unit = self._unit()
        if unit is not None:
            return Literal(Decimal(token.text), "System.Quantity", token.at, unit)
        if "." in token.text:
            return Literal(Decimal(token.text), "System.Decimal", token.at)
        return Literal(int(token.text), "System.Integer", token.at)

    def _unit(self) -> str | None:
        token = self._peek()
        if token.kind is Lexeme.STRING or (token.kind is Lexeme.NAME and token.text in _CALENDAR):
            return self._take().text
        return None

    # -- steps

    def _invocation(self, *, is_step: bool = False) -> Expression:
        token = self._take()
        if token.kind is Lexeme.SPECIAL and token.text in ("$this", "$index", "$total"):
            return Special(token.text, token.at)
        name = self._name(token, is_step=is_step)
        if self._is_symbol("("):
            self._take()
            return Function(name, self._arguments(), token.at)
        return Member(name, token.at)

    def _name(self, token: LexToken, *, is_step: bool = False) -> str:
        """A name; behind a point also a word of the grammar, as the element ``Narrative.div`` has one."""
        is_free = is_step or token.text not in _HARD_WORDS
        if token.kind is Lexeme.DELIMITED or (token.kind is Lexeme.NAME and is_free):
            return token.text
        raise self._unexpected(token)

    def _arguments(self) -> tuple[Expression, ...]:
        arguments: list[Expression] = []
        while not self._is_symbol(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._expression(0))
        self._take()
        return tuple(arguments)

    def _type_name(self) -> str:
        parts = [self._name(self._take())]
        while self._is_symbol("."):
            after = self._tokens[self._next + 1 : self._next + 3]
            if len(parts) == 2 or (len(after) == 2 and after[1].text == "(" and after[1].kind is Lexeme.SYMBOL):
                break
            self._take()
            parts.append(self._name(self._take()))
        return ".".join(parts)


def height(tree: Expression) -> int:
    """How many nodes stand above one another at most."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        waiting.extend((part, level + 1) for part in parts(node))
    return deepest
