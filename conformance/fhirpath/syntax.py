"""The syntax tree of FHIRPath. ``at`` is the place in the expression, in characters from its start."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant with its System type, such as ``System.String``; ``unit`` is set for a quantity."""

    value: bool | str | int | Decimal
    type: str
    at: int
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Empty:
    """``{}``"""

    at: int


@dataclass(frozen=True, slots=True)
class External:
    """``%name``"""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Special:
    """``$this``, ``$index`` or ``$total``"""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Member:
    """An element of the focus by name; at the root also the name of the focus's own type."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the focus."""

    name: str
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Invoke:
    """``focus.step``"""

    focus: Expression
    step: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Indexer:
    """``focus[index]``"""

    focus: Expression
    index: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Unary:
    """``+`` or ``-``"""

    operator: str
    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them."""

    operator: str
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class TypeTest:
    """``operand is Type`` or ``operand as Type``; ``type`` may be qualified (``FHIR.Patient``)."""

    operator: str
    operand: Expression
    type: str
    at: int


Expression: TypeAlias = (
    Literal | Empty | External | Special | Member | Function | Invoke | Indexer | Unary | Binary | TypeTest
)


def parts(tree: Expression) -> tuple[Expression, ...]:
    """The expressions that ``tree`` is made of."""
    match tree:
        case Function():
            return tree.arguments
        case Invoke():
            return (tree.focus, tree.step)
        case Indexer():
            return (tree.focus, tree.index)
        case Binary():
            return (tree.left, tree.right)
        case Unary() | TypeTest():
            return (tree.operand,)
    return ()
