"""Validation of one resource after another in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.resources import net, patient, record
from benchmarks.result import Result
from conformance.definitions import Definitions
from conformance.fhirpath import Environment, compile  # noqa: A004 - FHIRPath's own word
from conformance.issues import has_errors
from conformance.json_codec import encode
from conformance.packages import load
from profiles.validation import Options, Validator
from profiles.validation.structures import Structures
from profiles.vn import catalogue
from profiles.vn.validator import AT_WRITE, national_validator
from terminology.names import Names

_SERIES = 5


def measure(size: float) -> Iterator[Result]:
    """Times of a Patient, of its invariants alone, of a Bundle, and how they grow with references."""
    definitions = load()
    yield from _of_patient(definitions, int(1000 * size))
    yield from _of_bundles(definitions, size)


def _of_patient(definitions: Definitions, rounds: int) -> Iterator[Result]:
    resource = patient()
    what = (
        f"Patients of {len(encode(resource)):,} bytes, decoded already, no person twice; best of {_SERIES} x {rounds:,}"
    )
    structural = national_validator(Names(), definitions, options=AT_WRITE)
    first = _seconds(lambda: structural.validate(resource), 1)
    yield Result("validate structure", _best_of_people(structural, rounds) * 1e6, "us", what, "< 150")
    yield Result("validate structure, first", first * 1e3, "ms", "the same, compiling the checks of its types")
    told = f"{what}; with invariants, bindings and the national profile"
    yield Result("validate all", _best_of_people(_full(definitions), rounds) * 1e6, "us", told, "< 400")
    questions = list(_invariants(definitions, resource))
    figure = min(_seconds(lambda: [ask() for ask in questions], rounds) for _ in range(_SERIES))
    asked = f"{len(questions)} questions: the invariants of the national Patient profile, of every value on their paths"
    yield Result("invariants of a Patient", figure * 1e6, "us", asked, "< 150")


def _of_bundles(definitions: Definitions, size: float) -> Iterator[Result]:
    validator, bundle, rounds = _full(definitions), record(), int(50 * size) or 1
    what = (
        f"a transaction of {len(bundle['entry'])} entries, {len(encode(bundle)):,} bytes; best of {_SERIES} x {rounds}"
    )
    yield Result("validate Bundle", _best(validator, bundle, rounds) * 1e3, "ms", what, "< 10")
    few, many = int(10_000 * size), int(100_000 * size)
    each = {count: _best(validator, net(count), 1, series=3) / count for count in (few, many)}
    told = f"time for each of {many:,} references in a Bundle against each of {few:,}; {each[many] * 1e6:.1f} us each"
    yield Result("validate references, growth", each[many] / each[few], "times", told, "< 1.5")


def _full(definitions: Definitions) -> Validator:
    return national_validator(Names(), definitions, options=Options())


def _invariants(definitions: Definitions, resource: dict[str, Any]) -> Iterator[Callable[[], object]]:
    """The invariants of the profile that the resource claims, ready to be asked of each value on their paths.

    Those of a slice are left out: they are asked only of its members.
    """
    structures = Structures(definitions, catalogue(Names(), definitions).structures)
    profile = structures.profile(resource["meta"]["profile"][0])
    if profile is None:
        raise RuntimeError("the national profiles are not there")
    environment = Environment(resource=resource, root=resource)
    asked = {
        (element["path"].replace("[x]", ""), constraint["expression"])
        for element in profile.raw["snapshot"]["element"]
        for constraint in element.get("constraint", ())
        if constraint.get("expression") and ":" not in element["id"]
    }
    for path, expression in sorted(asked):
        for node in compile(path, definitions, resource["resourceType"]).evaluate(resource):
            question = compile(expression, definitions, node.type)
            yield lambda question=question, node=node: question.truth(node.value, environment)  # type: ignore[misc]


def _best(validator: Validator, resource: dict[str, Any], rounds: int, series: int = _SERIES) -> float:
    """Seconds for one validation. Raises RuntimeError for a resource with errors, which costs more."""
    _require_valid(validator, resource)
    return min(_seconds(lambda: validator.validate(resource), rounds) for _ in range(series))


def _best_of_people(validator: Validator, rounds: int) -> float:
    """Seconds for one Patient, each of another person: a validator knows values again that it has seen."""
    series = []
    for start in range(0, _SERIES * rounds, rounds):
        people = iter([patient(number) for number in range(start, start + rounds)])
        series.append(_seconds(lambda people=people: _require_valid(validator, next(people)), rounds))  # type: ignore[misc]
    return min(series)


def _require_valid(validator: Validator, resource: dict[str, Any]) -> None:
    """Validate. Raises RuntimeError for a resource with errors, which costs more."""
    issues = validator.validate(resource)
    if has_errors(issues):
        raise RuntimeError(str(issues))


def _seconds(work: Callable[[], object], rounds: int) -> float:
    """Processor time of one round, so that other work on the machine counts less."""
    started = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - started) / rounds
