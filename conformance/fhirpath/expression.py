"""Compiled expressions and the cache of them. https://hl7.org/fhir/R4/fhirpath.html"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from conformance.definitions import Definitions
from conformance.fhirpath.checker import check
from conformance.fhirpath.compiler import Compiler
from conformance.fhirpath.environment import NOTHING, Environment, frame_of
from conformance.fhirpath.functions import FUNCTIONS
from conformance.fhirpath.logic import truth
from conformance.fhirpath.messages import NOT_SINGLE, FhirPathError
from conformance.fhirpath.model import Model, Node, actual_type
from conformance.fhirpath.parser import parse
from conformance.fhirpath.predicates import predicate
from conformance.fhirpath.values import Truth
from conformance.fhirpath.walks import is_walkable, node_walk

#: Compiled expressions that stay in memory, for each set of definitions.
_KEPT = 4096

_models: WeakKeyDictionary[Definitions, Model] = WeakKeyDictionary()


def model_of(definitions: Definitions) -> Model:
    """The type model of ``definitions``, made once."""
    found = _models.get(definitions)
    if found is None:
        found = _models[definitions] = Model(definitions)
    return found


class Expression:
    """A compiled expression. It keeps no state, so threads may share it."""

    __slots__ = ("_closure", "_is_complex", "_predicate", "_walk", "is_local", "text", "type")

    def __init__(self, compiler: Compiler, type: str) -> None:
        tree = parse(compiler.text)
        self.text = compiler.text
        self.type = type
        """The type of value that it starts from; empty when any will do."""
        self._closure = compiler.closure(tree)
        self._walk = node_walk(tree, compiler.model, type)
        self._is_complex = is_walkable(type)
        found = predicate(compiler, tree, type)
        self._predicate = found.ask if found else None
        self.is_local = found is not None and not found.is_partial
        """True when ``truth`` of a plain value needs no environment."""

    def __repr__(self) -> str:
        return f"Expression({self.text!r}, {self.type!r})"

    def evaluate(self, value: Any, environment: Environment = NOTHING) -> list[Node]:
        """The nodes that the expression selects from ``value``: decoded JSON, or a Node when its type is not plain.

        Types of nodes are FHIR type names or System types such as ``System.Integer``. Raises FhirPathError, with the
        place, for values that a function or operator is not defined for.
        """
        if self._walk is not None and value.__class__ is dict:
            return self._walk(value)
        focus = self._focus(value)
        return self._closure(frame_of(focus, environment), [focus])

    def evaluate_counting(self, value: Any, environment: Environment = NOTHING) -> tuple[list[Node], int]:
        """What ``evaluate`` gives, and how many nodes were visited, which ``environment.limit`` is about."""
        focus = self._focus(value)
        frame = frame_of(focus, environment)
        nodes = self._closure(frame, [focus])
        return nodes, environment.limit - frame.run.left

    def truth(self, value: Any, environment: Environment = NOTHING) -> Truth:
        """The answer of an expression that asks a question: True, False, or None when it is empty.

        A single value that is not a boolean counts as True. Raises FhirPathError for several values.
        """
        if (
            self._predicate is not None
            and value.__class__ is not Node
            and (value.__class__ is dict) is self._is_complex
        ):
            return self._predicate(value, environment)
        nodes = self.evaluate(value, environment)
        if len(nodes) > 1:
            raise FhirPathError.at(NOT_SINGLE, self.text, 0, name="boolean", count=len(nodes))
        return truth(nodes)

    def as_bool(self, value: Any, environment: Environment = NOTHING) -> bool:
        """The verdict of an invariant: True only when it holds; an empty answer is False."""
        return self.truth(value, environment) is True

    def _focus(self, value: Any) -> Node:
        return value if value.__class__ is Node else Node(value, self._type_of(value))

    def _type_of(self, value: Any) -> str:
        return actual_type(value, self.type if self.type not in ("", "DomainResource") else "Resource")


@lru_cache(maxsize=_KEPT)
def _compiled(
    text: str, model: Model, type: str, variables: frozenset[str], *, strict: bool, single_as: bool
) -> Expression:
    if strict:
        check(text, model, type, variables)
    return Expression(Compiler(text, model, FUNCTIONS, variables=variables, single_as=single_as), type)


def compile(  # noqa: A001  FHIRPath's own word, as in ``re``
    expression: str,
    definitions: Definitions,
    type_name: str = "",
    *,
    variables: Collection[str] = (),
    strict: bool = False,
    single_as: bool = False,
) -> Expression:
    """The compiled form of ``expression``, kept for the next time it is asked for.

    ``type_name`` is the type of the values that it starts from; with it, common shapes run several times faster.
    ``variables`` are the names of the ``%variables`` that the environment will bring. ``strict`` also checks statically
    that every element named exists. ``single_as`` refuses ``as`` on several values, which N1 asks for and which
    definitions published for R4 break. Raises FhirPathError, with the place.
    """
    return _compiled(
        expression, model_of(definitions), type_name, frozenset(variables), strict=strict, single_as=single_as
    )
