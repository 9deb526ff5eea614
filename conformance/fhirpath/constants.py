"""Which parts of an expression stay the same while an iteration goes on. https://hl7.org/fhirpath/N1/#environment-variables"""

from __future__ import annotations

from conformance.fhirpath import syntax

#: Functions whose arguments are evaluated for each item.
_ITERATING = frozenset({"where", "select", "all", "exists", "repeat", "repeatAll", "aggregate", "sort", "iif", "trace"})


def iterates(name: str) -> bool:
    """True for a function whose arguments are evaluated for each item of its focus."""
    return name in _ITERATING


def is_constant(tree: syntax.Expression) -> bool:
    """True when ``tree`` depends on the environment only, such as ``%resource.descendants().reference``."""
    match tree:
        case syntax.Literal() | syntax.Empty() | syntax.External():
            return True
        case syntax.Invoke(focus, syntax.Member()):
            return is_constant(focus)
        case syntax.Invoke(focus, syntax.Function(name, arguments)):
            return is_constant(focus) and _independent(name, arguments)
        case syntax.Binary(_, left, right) | syntax.Indexer(left, right):
            return is_constant(left) and is_constant(right)
        case syntax.TypeTest(_, operand) | syntax.Unary(_, operand):
            return is_constant(operand)
    return False


def _independent(name: str, arguments: tuple[syntax.Expression, ...]) -> bool:
    if name in ("is", "as", "ofType"):
        return True
    if name in ("trace", "iif", "aggregate"):
        return not arguments
    return iterates(name) or all(map(is_constant, arguments))
