"""The URL grammar, shared by HTTP and Bundle entries."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import BadRequest, FhirError, NotFound
from fhir_server.exchange.url import Shape, Target, parse_path, query_pairs, split_url

TYPES = frozenset(("Patient", "Observation"))


def parse(path: str) -> Target:
    return parse_path(path, TYPES.__contains__)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", Target(Shape.SYSTEM)),
        ("/", Target(Shape.SYSTEM)),
        ("/metadata", Target(Shape.METADATA)),
        ("/_search", Target(Shape.SYSTEM_SEARCH)),
        ("/_history", Target(Shape.SYSTEM_HISTORY)),
        ("/$meta", Target(Shape.SYSTEM_OPERATION, operation="meta")),
        ("/Patient", Target(Shape.TYPE, "Patient")),
        ("/Patient/", Target(Shape.TYPE, "Patient")),
        ("/Patient/_search", Target(Shape.TYPE_SEARCH, "Patient")),
        ("/Patient/_history", Target(Shape.TYPE_HISTORY, "Patient")),
        ("/Patient/$match", Target(Shape.TYPE_OPERATION, "Patient", operation="match")),
        ("/Patient/metadata", Target(Shape.INSTANCE, "Patient", "metadata")),
        ("/Patient/42/_history", Target(Shape.INSTANCE_HISTORY, "Patient", "42")),
        ("/Patient/42/_history/7", Target(Shape.VERSION, "Patient", "42", "7")),
        ("/Patient/42/$everything", Target(Shape.INSTANCE_OPERATION, "Patient", "42", operation="everything")),
        ("/Patient/42/Observation", Target(Shape.COMPARTMENT, "Patient", "42", member="Observation")),
        ("/Patient/42/*", Target(Shape.COMPARTMENT, "Patient", "42", member="*")),
    ],
)
def test_path_names_its_target(path: str, target: Target) -> None:
    assert parse(path) == target


@pytest.mark.parametrize(
    "path", ["/Nothing", "/patient/1", "/Patient/1/2/3", "/Patient/1/_history/2/3", "/Patient//1", "/*"]
)
def test_path_that_names_nothing_is_not_found(path: str) -> None:
    with pytest.raises((NotFound, BadRequest)):
        parse(path)


@pytest.mark.parametrize("path", ["/Patient/a_b", "/Patient/" + "x" * 65, "/Patient/é", "/Patient/1/_history/a b"])
def test_bad_id_is_a_bad_request(path: str) -> None:
    with pytest.raises(BadRequest):
        parse(path)


@given(st.text(max_size=40))
def test_any_path_is_parsed_or_refused(path: str) -> None:
    with contextlib.suppress(FhirError):
        assert isinstance(parse(path), Target)


def test_query_keeps_order_and_empty_values() -> None:
    assert query_pairs("a=1&b=&a=2&name=Nguy%E1%BB%85n+V%C4%83n") == (
        ("a", "1"),
        ("b", ""),
        ("a", "2"),
        ("name", "Nguyễn Văn"),
    )


def test_url_of_an_entry_is_relative_or_under_the_base() -> None:
    base = "http://here/fhir"
    assert split_url("Patient?name=a", base) == ("Patient", "name=a")
    assert split_url("http://here/fhir/Patient/1", base) == ("/Patient/1", "")
    assert split_url("http://here/fhirside/Patient/1", base) is None
    assert split_url("http://there/fhir/Patient/1", base) is None
    assert split_url("Patient?url=http://there/x", base) == ("Patient", "url=http://there/x")
