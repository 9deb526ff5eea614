"""Query text to requests, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import BadRequest
from fhir_server.search import MAX_COUNT, Include, Indexer, SearchRequest, Summary, Total, parse_search
from fhir_server.search.compartments import compartment_groups
from fhir_server.search.escaping import split, unescape
from fhir_server.search.registry import SearchRegistry
from fhir_server.store.query import (
    ALL,
    And,
    Chain,
    Ids,
    Not,
    Or,
    ReferenceTerm,
    ReverseChain,
    Sort,
    StringMode,
    StringTerm,
    TokenTerm,
)


@pytest.fixture(scope="session")
def registry(indexer: Indexer) -> SearchRegistry:
    return indexer.registry


@pytest.fixture(scope="session")
def read(registry: SearchRegistry) -> Any:
    def parse(type: str | None, query: str, **settings: Any) -> SearchRequest:
        return parse_search(type, parse_qsl(query, keep_blank_values=True), registry, **settings)

    return parse


NAME = StringTerm("name", StringMode.PREFIX, "an")


def test_repeats_are_and_and_commas_are_or(read: Any) -> None:
    where = read("Patient", r"name=an&gender=male,female&identifier=a\,b").query.where
    genders = Or((TokenTerm("gender", None, "male"), TokenTerm("gender", None, "female")))
    assert where == And((NAME, genders, TokenTerm("identifier", None, "a,b")))
    assert read("Patient", "").query.where == ALL


def test_chains(read: Any) -> None:
    assert read("Observation", "patient.name=an").query.where == Chain("patient", ("Patient",), NAME)
    assert read("Observation", "subject:Patient.name=an").query.where == Chain("subject", ("Patient",), NAME)
    untyped = read("Observation", "subject.name=an").query.where
    assert untyped == Chain("subject", ("Patient", "Location"), NAME)
    long = read("Observation", "encounter.subject:Patient.organization.name=an").query.where
    inner = Chain("organization", ("Organization",), NAME)
    assert long == Chain("encounter", ("Encounter",), Chain("subject", ("Patient",), inner))


def test_reverse_chains(read: Any) -> None:
    code = TokenTerm("code", "http://loinc.org", "1")
    found = read("Patient", "_has:Observation:patient:code=http://loinc.org|1").query.where
    assert found == ReverseChain("Observation", "patient", code)
    nested = read("Patient", "_has:Encounter:patient:_has:Observation:encounter:code:not=http://loinc.org|1")
    inner = ReverseChain("Observation", "encounter", Not(code))
    assert nested.query.where == ReverseChain("Encounter", "patient", inner)


def test_controls(read: Any) -> None:
    request = read(
        "Patient",
        "_count=20&_total=accurate&_summary=data&_elements=name,id&_sort=-birthdate,_id&_cursor=abc&_format=json&name=an",
    )
    assert (request.count, request.total, request.summary) == (20, Total.ACCURATE, Summary.DATA)
    assert request.elements == ("name", "id")
    assert request.query.sort == (Sort("birthdate", descending=True), Sort("_id"))
    assert request.cursor == "abc"
    assert ("_cursor", "abc") not in request.self_pairs
    assert request.self_pairs[-1] == ("name", "an")
    assert not request.is_count_only


def test_counts(read: Any) -> None:
    assert read("Patient", "_count=0").is_count_only
    assert read("Patient", "_summary=count").is_count_only
    assert read("Patient", "_count=5000").count == MAX_COUNT
    assert read("Patient", "_count=5000", max_count=77).count == 77


def test_includes(read: Any, registry: SearchRegistry) -> None:
    request = read(
        "Observation",
        "_include=Observation:subject:Patient&_include:iterate=Patient:organization&_revinclude=Provenance:target",
    )
    assert request.includes == (
        Include("Observation", ("subject",), "Patient"),
        Include("Patient", ("organization",), None, iterate=True),
    )
    assert request.revincludes == (Include("Provenance", ("target",)),)
    (every,) = read("Patient", "_include=*").includes
    assert every == Include("Patient", ("general-practitioner", "link", "organization"))
    assert read("Patient", "_include=Patient:*").includes == (every,)
    assert len(read("Patient", "_revinclude=*").revincludes) == len(registry.resource_types)


def test_system_search(read: Any) -> None:
    request = read(None, "_type=Patient,Observation&_tag=a")
    assert request.query.types == ("Patient", "Observation")
    assert request.query.where == TokenTerm("_tag", None, "a")
    assert read(None, "_id=1").query == read(None, "_id=1,1").query
    assert read(None, "_type=Patient,Person&name=an").query.where == NAME
    for query in ("name=an", "_type=Patient,Account&birthdate=2020", "_type=Patient,Observation&date=2020"):
        with pytest.raises(BadRequest):
            read(None, query)


def test_compartments(read: Any, registry: SearchRegistry) -> None:
    request = read("Observation", "", compartment=("Patient", "7"))
    assert request.query.where == Or((ReferenceTerm("subject", "Patient/7"), ReferenceTerm("performer", "Patient/7")))
    own = read("Patient", "name=an", compartment=("Patient", "7")).query.where
    assert own == And((NAME, Or((ReferenceTerm("link", "Patient/7"), Ids(frozenset({"7"}))))))
    with pytest.raises(BadRequest, match="Medication"):
        read("Medication", "", compartment=("Patient", "7"))
    groups = compartment_groups(registry, "Patient")
    assert "Encounter" in groups[("patient",)]
    assert sum(map(len, groups.values())) == len({name for members in groups.values() for name in members})


@pytest.mark.parametrize(
    ("query", "id", "named"),
    [
        ("foo=1", "REQ-3001", "foo"),
        ("name.x=1", "REQ-3005", "name"),
        ("_text=1", "REQ-3002", "_text"),
        ("name:of-type=1", "REQ-3003", "of-type"),
        ("organization:Foo=1", "REQ-3003", "Foo"),
        ("organization:Patient=1", "REQ-3007", "organization"),
        ("identifier:in=http://x", "REQ-3003", "in"),
        ("birthdate=xx2020", "REQ-3004", "birthdate"),
        ("birthdate=2023-02-30", "REQ-3004", "birthdate"),
        ("birthdate:missing=yes", "REQ-3004", "birthdate:missing"),
        ("name=", "REQ-3004", "name"),
        ("_id=a,", "REQ-3004", "_id"),
        ("_id:not=,", "REQ-3004", "_id:not"),
        ("identifier:text= ", "REQ-3004", "identifier:text"),
        ("identifier=|", "REQ-3004", "identifier"),
        ("identifier=a|b|c", "REQ-3004", "identifier"),
        ("_count=-1", "REQ-3004", "_count"),
        ("_count=x", "REQ-3004", "_count"),
        ("_summary=all", "REQ-3004", "_summary"),
        ("_total=some", "REQ-3004", "_total"),
        ("_sort=foo", "REQ-3001", "foo"),
        ("_include=Patient:name", "REQ-3005", "name"),
        ("_include=Foo:name", "REQ-3006", "Foo"),
        ("_include=a:b:c:d", "REQ-3008", "_include"),
        ("_include:x=Patient:link", "REQ-3008", "_include:x"),
        ("_include=Patient:link:Device", "REQ-3007", "link"),
        ("_has:Observation:patient=1", "REQ-3008", "_has"),
        ("_has:Foo:patient:code=1", "REQ-3006", "Foo"),
        ("_has:Observation:code:code=1", "REQ-3005", "code"),
        ("_has:Observation:encounter:code=1", "REQ-3007", "encounter"),
        ("_type=Patient", "REQ-3001", "_type"),
        ("organization.foo=1", "REQ-3001", "organization.foo"),
        ("name:=1", "REQ-3001", "name:"),
        (":name=1", "REQ-3001", ":name"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(read: Any, query: str, id: str, named: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read("Patient", query)
    (issue,) = caught.value.issues
    assert issue.message.id == id
    assert named in issue.text()
    assert named in issue.text("vi")


@pytest.mark.parametrize(
    "query",
    [
        "value-quantity=5.4|x", "value-quantity=a", "value-quantity=zz5", "value-quantity=5|http://u|",
        "code-value-quantity=a", "code-value-quantity=a$b", "code-value-quantity=http://x|$5", "value-quantity=1e99999",
        "code-value-quantity=a$5$6", "value-quantity=", "date=", "combo-code:exact=1", "code=,",
        "_sort=code-value-date", "_sort=combo-code",
    ],
)  # fmt: skip
def test_bad_observation_searches(read: Any, query: str) -> None:
    with pytest.raises(BadRequest):
        read("Observation", query)


def test_lenient_requests_ignore_what_is_unknown_and_say_so(read: Any) -> None:
    request = read("Patient", "foo=1&name=an&name:of-type=2&_text=x", strict=False)
    assert request.query.where == NAME
    assert request.self_pairs == (("name", "an"),)
    assert [issue.params["parameter"] for issue in request.issues] == ["foo", "name:of-type", "_text"]
    assert not any(issue.is_error for issue in request.issues)
    with pytest.raises(BadRequest):
        read("Patient", "birthdate=x", strict=False)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("birthdate=1990-13", "cần ngày như 2026, 2026-11, 2026-11-21 hoặc 2026-11-21T08:00:00+07:00."),
        ("_count=abc", "cần số nguyên."),
        ("gender:missing=x", "cần true hoặc false."),
    ],
)
def test_what_is_expected_is_said_in_vietnamese_too(read: Any, query: str, expected: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read("Patient", query)
    assert caught.value.issues[0].text("vi").endswith(expected)


def test_unbounded_searches_are_refused(read: Any) -> None:
    for query in ("name=" + "a," * 3000, "&".join(["name=a"] * 500)):
        with pytest.raises(BadRequest):
            read("Patient", query)
    with pytest.raises(BadRequest, match="links"):
        read("Location", "partof." * 20 + "name=x")


@given(st.lists(st.text(alphabet="a,|$\\", max_size=6), min_size=1))
def test_what_is_escaped_comes_back(parts: list[str]) -> None:
    def escaped(text: str) -> str:
        return "".join(f"\\{char}" if char in "\\,|$" else char for char in text)

    assert [unescape(part) for part in split(",".join(map(escaped, parts)), ",")] == parts


def test_split_stops_at_its_limit() -> None:
    assert split(r"a\,b,c,d", ",", 1) == [r"a\,b", "c,d"]
    assert split("a,b,c", ",", 1) == ["a", "b,c"]
    assert unescape(r"a\x\,") == r"a\x,"


_NAMES = ["name", "birthdate", "identifier", "organization", "_id", "_has:Observation:patient:date", "_sort", "_count"]


@given(st.sampled_from(_NAMES), st.text(max_size=12))
def test_any_value_is_read_or_refused(registry: SearchRegistry, name: str, value: str) -> None:
    with suppress(BadRequest):
        request = parse_search("Patient", [(name, value)], registry, now=0)
        assert request.self_pairs == ((name, value),)
