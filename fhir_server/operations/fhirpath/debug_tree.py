"""The syntax tree of an expression in the form of the FHIRPath Lab.

https://github.com/brianpos/fhirpath-lab/blob/master/server-api.md#ast-definition
"""

from __future__ import annotations

from typing import Any

from conformance.fhirpath import syntax


def debug_tree(tree: syntax.Expression) -> dict[str, Any]:
    """The tree as JSON: what a step is called on is its first argument, ``Position`` counts characters from 0."""
    match tree:
        case syntax.Invoke(focus, step):
            node = debug_tree(step)
            return node | {"Arguments": [debug_tree(focus), *node.get("Arguments", ())]}
        case syntax.TypeTest():
            wanted = _node("ConstantExpression", tree.type, tree.at)
            return _node("BinaryExpression", tree.operator, tree.at) | {"Arguments": [debug_tree(tree.operand), wanted]}
    arguments = [debug_tree(part) for part in syntax.parts(tree)]
    return _named(tree) | ({"Arguments": arguments} if arguments else {})


def _named(tree: syntax.Expression) -> dict[str, Any]:
    match tree:
        case syntax.Literal():
            return _node("ConstantExpression", _text(tree), tree.at)
        case syntax.Empty():
            return _node("ConstantExpression", "{}", tree.at)
        case syntax.External():
            return _node("VariableRefExpression", tree.name, tree.at)
        case syntax.Special():
            return _node("AxisExpression", tree.name, tree.at)
        case syntax.Member():
            return _node("ChildExpression", tree.name, tree.at)
        case syntax.Function():
            return _node("FunctionCallExpression", tree.name, tree.at)
        case syntax.Unary():
            return _node("UnaryExpression", tree.operator, tree.at)
        case syntax.Binary():
            return _node("BinaryExpression", tree.operator, tree.at)
    return _node("IndexerExpression", "[]", tree.at)


def _text(literal: syntax.Literal) -> str:
    value = str(literal.value).lower() if isinstance(literal.value, bool) else str(literal.value)
    return f"{value} {literal.unit}" if literal.unit else value


def _node(kind: str, name: str, at: int) -> dict[str, Any]:
    return {"ExpressionType": kind, "Name": name, "Position": at}
