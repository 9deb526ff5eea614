"""Laws of the index entries, on random resources of every type."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.definitions import Definitions
from fhir_server.search import Indexer, parse_search
from fhir_server.store.entries import Entry, Kind, Token
from fhir_server.store.meaning import Subject, holds
from strategies.resources import ResourceStrategies
from terminology.membership import ValueSets

#: What the specification has and this server refuses by name; words only where they are indexed.
NOT_OFFERED = {"_query"}
WORDS = {"_content", "_text"}


@pytest.fixture(scope="session")
def resources(definitions: Definitions) -> ResourceStrategies:
    return ResourceStrategies(definitions, ValueSets(definitions))


def test_every_published_parameter_is_offered_or_declared_not_to_be(indexer: Indexer, worded: Indexer) -> None:
    for name in indexer.registry.resource_types:
        assert set(indexer.registry.unsupported(name)) - WORDS == NOT_OFFERED, name
        assert set(worded.registry.unsupported(name)) == NOT_OFFERED, name
        assert len(indexer.registry.parameters(name)) >= 6


def test_every_parameter_of_every_type_is_understood(worded: Indexer) -> None:
    samples = {
        "special": "10.5|106.5|1|km",
        "words": "x",
        "date": "2025",
        "number": "1",
        "quantity": "1||mg",
        "reference": "x",
        "string": "x",
        "token": "x",
        "uri": "x",
    }
    for name in worded.registry.resource_types:
        for parameter in worded.registry.parameters(name).values():
            kinds = [kind.name for kind in parameter.kinds]
            value = "$".join("Patient/x" if len(kinds) > 1 and kind == "reference" else samples[kind] for kind in kinds)
            value = "_id eq x" if parameter.code == "_filter" else value
            request = parse_search(name, [(parameter.code, value)], worded.registry)
            assert request.self_pairs == ((parameter.code, value),)


def test_unions_are_indexed_once(indexer: Indexer) -> None:
    observation = indexer.registry.parameters("Observation")
    assert observation["combo-code"].entries == ("code", "component-code")
    assert observation["combo-code-value-quantity"].entries == ("code-value-quantity", "component-code-value-quantity")
    assert indexer.registry.parameters("Patient")["phonetic"].entries == ("name",)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_each_entry_is_found_by_its_own_value(
    data: st.DataObject, indexer: Indexer, resources: ResourceStrategies
) -> None:
    resource = data.draw(resources.any_resource())
    entries = indexer.entries(resource)
    assert len(set(entries)) == len(entries)
    assert entries == indexer.entries(resource)
    for entry in entries:
        for name, value in queries(entry):
            request = parse_search(resource["resourceType"], [(name, value)], indexer.registry)
            assert holds(request.query.where, Subject("x", 0, (entry,))), (name, value, entry)


def queries(entry: Entry) -> list[tuple[str, str]]:
    """Searches that an entry of a plain parameter must satisfy."""
    match entry:
        case Entry(param, Kind.TOKEN, ("",), Token(system, code)) if code:
            texts = (escaped(code), f"{escaped(system)}|{escaped(code)}")
            return [(param, text) for text in texts if ":" not in param] or [(param, texts[1])]
        case Entry(param, Kind.STRING, ("",), str() as text) if text.strip():
            name = param if ":" in param else f"{param}:exact"
            return [(name, escaped(text))]
        case Entry(param, Kind.REFERENCE | Kind.URI, ("",), str() as text):
            return [(param, escaped(text))]
    return [(f"{entry.param}:missing", "false")] if ":" not in entry.param else []


def escaped(text: str) -> str:
    for char in "\\,|$":
        text = text.replace(char, f"\\{char}")
    return text


_json: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_content_of_any_shape_is_indexed_without_failure(
    data: st.DataObject, indexer: Indexer, resources: ResourceStrategies
) -> None:
    """Checking content is the work of validation, which a server may turn off."""
    resource = data.draw(resources.any_resource())
    places = sorted(key for key in resource if key != "resourceType")
    for key in data.draw(st.lists(st.sampled_from(places), max_size=3)) if places else ():
        resource[key] = data.draw(_json)
    for entry in indexer.entries(resource):
        assert isinstance(entry, Entry)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_what_the_store_stamps_is_not_indexed(
    data: st.DataObject, worded: Indexer, resources: ResourceStrategies
) -> None:
    """A stored resource has the entries of the one that was sent: checking and indexing anew find no difference."""
    resource = data.draw(resources.any_resource())
    given_meta = resource.get("meta", {})
    kept = {name: value for name, value in given_meta.items() if name not in ("versionId", "lastUpdated")}
    sent = {**resource, "meta": kept}
    stored = {**resource, "meta": {"versionId": "7", "lastUpdated": "2026-01-02T03:04:05.678Z", **kept}}
    assert worded.entries(sent) == worded.entries(stored)
