"""Law: a defect planted somewhere in a random valid resource is found there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.definitions import Definitions
from profiles.validation import Validator
from strategies.resources import ResourceStrategies
from terminology.membership import ValueSets


class Spot(NamedTuple):
    """A property somewhere in a resource: its object, its name and the JSON path to the object."""

    owner: dict[str, Any]
    name: str
    path: tuple[str | int, ...]


def spots(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Spot]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield Spot(value, name, path)
            yield from spots(item, (*path, name))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from spots(item, (*path, position))


def add_unknown(spot: Spot) -> None:
    spot.owner["khôngCó"] = 1


def make_null(spot: Spot) -> None:
    spot.owner[spot.name] = None


def make_empty_list(spot: Spot) -> None:
    spot.owner[spot.name] = []


def make_empty_object(spot: Spot) -> None:
    spot.owner[spot.name] = {}


def nest_in_lists(spot: Spot) -> None:
    spot.owner[spot.name] = [[spot.owner[spot.name]]]


DEFECTS: tuple[Callable[[Spot], None], ...] = (
    add_unknown,
    make_null,
    make_empty_list,
    make_empty_object,
    nest_in_lists,
)


@pytest.fixture(scope="module")
def drawn(definitions: Definitions, value_sets: ValueSets) -> ResourceStrategies:
    return ResourceStrategies(definitions, value_sets)


def steps(path: tuple[str | int, ...]) -> str:
    """The FHIRPath of a JSON path, with choices as JSON names them."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step.removeprefix('_')}" for step in path)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), defect=st.sampled_from(DEFECTS))
def test_planted_defect_is_found(
    data: st.DataObject, defect: Callable[[Spot], None], drawn: ResourceStrategies, validator: Validator
) -> None:
    resource = data.draw(drawn.any_resource())
    spot = data.draw(st.sampled_from([spot for spot in spots(resource) if spot.name != "resourceType"] or [None]))
    if spot is None:
        return
    defect(spot)
    expected = resource["resourceType"] + steps(spot.path)
    errors = [issue.expression for issue in validator.validate(resource) if issue.is_error]
    assert errors
    assert any(as_json(expression).startswith(expected) for expression in errors), (expected, errors)


def as_json(expression: str) -> str:
    """The FHIRPath with ``value.ofType(Quantity)`` written as JSON does, ``valueQuantity``."""
    head, *parts = expression.split(".ofType(")
    for part in parts:
        type_name, _, rest = part.partition(")")
        head += type_name[0].upper() + type_name[1:] + rest
    return head
