"""Official examples with parts replaced by something else: stored or refused, never a failure of the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fhir_asking import Asking, entry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_server.exchange.validation import Policy, Rules

INSTEAD = [
    *(None, True, 0, -1, 1.5, 10**30, "", "x", "2020", "urn:uuid:x", "Patient/1", "http://x|1", [], {}, [None], [[]]),
    *({"a": 1}, ["x"], [{}], {"reference": 3}, {"value": "x", "system": 5}, {"coding": [{"code": 1}]}, {"start": 5}),
    *({"extension": [{}]}, {"resourceType": "Patient"}, {"resourceType": 3}),
]


@pytest.fixture(scope="module")
def examples(testdata: Path) -> list[str]:
    """The official examples of resources, as text."""
    return [path.read_text("utf-8") for path in sorted((testdata / "examples").glob("*.json"))]


def places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths to every part of a decoded JSON value."""
    rows: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, inner in rows:
        yield (*path, step)
        yield from places(inner, (*path, step))


def mutated(text: str, random: Random) -> dict[str, Any]:
    """An example with one to three parts replaced."""
    resource: dict[str, Any] = json.loads(text)
    for _ in range(random.randint(1, 3)):
        *path, last = random.choice(list(places(resource)))
        node: Any = resource
        for step in path:
            node = node[step]
        node[last] = json.loads(json.dumps(random.choice(INSTEAD)))
    return resource


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.sampled_from(Policy))
def test_mutated_resource_is_stored_or_refused(
    fhir: Asking, examples: list[str], random: Random, policy: Policy
) -> None:
    text = random.choice(examples)
    name = json.loads(text)["resourceType"]
    resource = mutated(text, random)
    asking = fhir.with_rules(Rules(policy))
    for response in (
        asking.ask("POST", f"/{name}", resource),
        asking.ask("PUT", f"/{name}/m", resource | {"id": "m"}),
        asking.transact(entry("POST", name, resource, "urn:uuid:x")),
        asking.ask("GET", f"/{name}/m?_summary=true"),
    ):
        assert response.status in {200, 201, 400, 404, 422}
