"""One rule of indexing: the same base, zone and parameters wherever something is written or read."""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from conformance.errors import Unprocessable
from fhir_server.indexing import Indexing, indexing, indexing_of
from fhir_server.repository.in_force import record_of
from fhir_server.search import parse_search
from fhir_server.settings import Settings
from fhir_server.store import open_store
from fhir_server.store.protocol import Unit
from fhir_server.store.query import ReferenceTerm

NICK: dict[str, Any] = {
    "resourceType": "SearchParameter",
    "url": "http://example.vn/SearchParameter/nick",
    "name": "Nick",
    "status": "active",
    "code": "nick",
    "base": ["Patient"],
    "type": "string",
    "expression": "Patient.contact.name.given",
}


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        (Settings(), "http://127.0.0.1:8080/fhir"),
        (Settings(host="::1", port=9), "http://[::1]:9/fhir"),
        (Settings(base_url="https://fhir.example.vn/r4/"), "https://fhir.example.vn/r4"),
    ],
)
def test_references_below_the_base_are_local(settings: Settings, base: str) -> None:
    assert settings.own_base_url == base
    encounter = {"resourceType": "Encounter", "subject": {"reference": f"{base}/Patient/1"}}
    assert ("patient", "Patient/1") in indexing(settings).indexer().references(encounter)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0"])  # noqa: S104
@pytest.mark.parametrize("called", ["127.0.0.1", "localhost", "[::1]"])
def test_a_server_without_a_public_name_knows_every_name_of_its_host(host: str, called: str) -> None:
    url = f"http://{called}:8080/fhir/Patient/1/_history/2"
    encounter = {"resourceType": "Encounter", "subject": {"reference": url}}
    indexer = indexing(Settings(host=host)).indexer()
    assert ("patient", "Patient/1") in indexer.references(encounter)
    asked = parse_search("Encounter", [("patient", url)], indexer.registry, base_url=f"http://{called}:8080/fhir")
    assert asked.query.where == ReferenceTerm("patient", "Patient/1")


@pytest.mark.parametrize(
    "far",
    [
        "http://localhost:9/fhir/",
        "https://127.0.0.1:8080/fhir/",
        "http://127.0.0.1:8080/fhirx/",
        "http://far:8080/fhir/",
    ],
)
def test_another_server_is_not_this_one(far: str) -> None:
    encounter = {"resourceType": "Encounter", "subject": {"reference": f"{far}Patient/1"}}
    assert ("patient", "Patient/1") not in indexing(Settings()).indexer().references(encounter)
    public = indexing(Settings(base_url="https://fhir.example.vn/r4")).indexer()
    assert ("patient", "Patient/1") not in public.references(encounter)


def test_what_is_in_force_is_indexed_in_any_process() -> None:
    async def found() -> Indexing:
        store = await open_store("memory:")
        await store.transact([Unit(records=(record_of([NICK]),))])
        return await indexing_of(Settings(full_text="on"), store)

    recipe: Indexing = pickle.loads(pickle.dumps(asyncio.run(found())))  # noqa: S301  our own
    entries = recipe.indexer().entries({"resourceType": "Patient", "contact": [{"name": {"given": ["Na"]}}]})
    assert "nick" in {entry.param for entry in entries}
    assert recipe.full_text
    assert indexing(Settings(full_text="on")).with_parameters([NICK]) == recipe


def test_a_parameter_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(Unprocessable):
        indexing(Settings()).with_parameters([NICK | {"expression": "Patient.("}]).indexer()
