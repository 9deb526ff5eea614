"""Every invariant of the official definitions: it compiles, and the official examples keep it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from lines_run import lines_run

from conformance.definitions import Constraint, Definitions
from conformance.fhirpath import Environment, Expression, Node, compile, model_of  # noqa: A004
from conformance.fhirpath.corrections import CORRECTIONS, corrected
from conformance.fhirpath.model import nodes_of
from conformance.json_codec import decode

Question = tuple[str, Expression, Any, Environment]

#: Invariants that official examples break, and why.
BROKEN = {
    "csd-1": "codesystem-example gives the code chol-mass twice",
    "dom-6": "best practice only: the resource has no narrative",
}
#: How the keys of the warning end that a name is not fit for machines.
UNFIT_NAME = "-0"


class Asker:
    """Collects each invariant that applies to each part of a resource, as a validator does."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._model = model_of(definitions)
        self._of_type = lru_cache(maxsize=None)(self._read_type)

    def _expression(self, constraint: Constraint, type: str) -> tuple[str, Expression]:
        return constraint.key, compile(corrected(constraint.expression), self._definitions, type)

    def _read_type(self, type: str) -> list[tuple[str, Expression]]:
        found: dict[str, tuple[str, Expression]] = {}
        structure = self._definitions.find_structure(type)
        while structure is not None:
            for one in structure.constraints:
                if one.expression:
                    found.setdefault(one.key, self._expression(one, type))
            structure = self._definitions.find_structure(structure.base) if structure.base else None
        return list(found.values())

    def questions(self, resource: dict[str, Any]) -> Iterator[Question]:
        """(key, expression, value, environment) of all that is asked of a resource."""
        yield from self._of(Node(resource, resource["resourceType"]), Environment(resource=resource, root=resource))

    def _of(self, node: Node, environment: Environment) -> Iterator[Question]:
        value = node if node.twin is not None else node.value
        for key, expression in self._of_type(node.type):
            yield key, expression, value, environment
        if isinstance(node.value, dict):
            for name in node.value:
                yield from self._children(node, name, environment)

    def _children(self, node: Node, name: str, environment: Environment) -> Iterator[Question]:
        meaning = self._definitions.structure(node.type).properties.get(name)
        if meaning is None:
            return
        for child in nodes_of(node.value[name], self._model.keys(node.type)[name], node.value.get(f"_{name}")):
            inner = environment
            if isinstance(child.value, dict) and "resourceType" in child.value:
                root = environment.root if name == "contained" else child.value
                inner = Environment(resource=child.value, root=root)
            for one in meaning.element.constraints:
                if one.expression:
                    yield *self._expression(one, child.type), child if child.twin else child.value, inner
            yield from self._of(child, inner)


@pytest.fixture(scope="module")
def asker(definitions: Definitions) -> Asker:
    return Asker(definitions)


def expressions(definitions: Definitions) -> set[str]:
    found = set()
    for url in definitions.canonicals("StructureDefinition"):
        raw = definitions.resource("StructureDefinition", url) or {}
        for part in ("snapshot", "differential"):
            for element in raw.get(part, {}).get("element", []):
                found |= {one["expression"] for one in element.get("constraint", []) if "expression" in one}
    return found


def test_every_invariant_compiles(definitions: Definitions) -> None:
    found = expressions(definitions)
    assert len(found) > 200
    for text in found:
        compile(text, definitions)


def test_corrections_are_of_published_expressions(definitions: Definitions) -> None:
    assert set(CORRECTIONS) <= expressions(definitions)
    for correction in CORRECTIONS.values():
        compile(correction.meant, definitions)


def test_official_examples_keep_the_invariants(asker: Asker, testdata: Path) -> None:
    broken: Counter[str] = Counter()
    asked = 0
    for path in sorted((testdata / "examples").glob("*.json")):
        resource = decode(path.read_bytes())
        if "resourceType" in resource:
            for key, expression, value, environment in asker.questions(resource):
                asked += 1
                broken[key] += not expression.as_bool(value, environment)
    assert asked > 5000
    told = {key for key, count in broken.items() if count}
    assert {key for key in told if not key.endswith(UNFIT_NAME)} == set(BROKEN)
    assert "vsd-0" in told


def test_short_ways_answer_as_the_closures_do(asker: Asker, testdata: Path) -> None:
    """A question on the JSON and the general evaluation of the same expression agree."""
    compared = 0
    for path in sorted((testdata / "examples").glob("*.json")):
        resource = decode(path.read_bytes())
        for _, expression, value, environment in asker.questions(resource) if "resourceType" in resource else ():
            if isinstance(value, dict):
                focus = Node(value, value.get("resourceType", expression.type))
                assert expression.truth(value, environment) is expression.truth(focus, environment), expression
                compared += 1
    assert compared > 1000


def test_the_invariants_of_a_patient_take_little_work(asker: Asker, testdata: Path) -> None:
    patient = decode((testdata / "fhirpath" / "input" / "patient-example.json").read_bytes())
    questions = list(asker.questions(patient))
    assert all(expression.as_bool(value, environment) for _, expression, value, environment in questions)

    def ask() -> None:
        for _, expression, value, environment in questions:
            expression.as_bool(value, environment)

    assert lines_run(ask) < 30 * len(questions)
