"""Which resources a condition will match once they are stored."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_server.store.protocol import Key
from fhir_server.store.query import Labelled, Not

NOW = 1_767_323_045_678_000
OPEN = Not(Labelled(frozenset({"urn:s|HIV"})))
COMING = {
    Key("Patient", "a"): {"identifier": [{"system": "urn:i", "value": "1"}], "active": True},
    Key("Patient", "b"): {"identifier": [{"value": "1"}], "meta": {"security": [{"system": "urn:s", "code": "HIV"}]}},
    Key("Patient", "c"): {"identifier": "broken", "managingOrganization": {"reference": "Organization/o"}},
    Key("Observation", "d"): {"identifier": [{"system": "urn:i", "value": "1"}]},
}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ([("identifier", "1")], "ab"),
        ([("identifier", "urn:i|1")], "a"),
        ([("identifier", "1"), ("active", "true")], "a"),
        ([("active:not", "true"), ("identifier", "1")], "b"),
        ([("identifier", "2")], ""),
        ([("_id", "c")], "c"),
        ([("organization", "Organization/o")], "c"),
        ([("organization.name", "x")], ""),
        ([("identifier", "1"), ("organization:missing", "true")], "ab"),
    ],
)
def test_what_will_match(records: Any, criteria: list[tuple[str, str]], expected: str) -> None:
    found = records.run(records.repository.resolve("Patient", criteria))
    keys = records.repository.would_match(found.guard, COMING, now=NOW)
    assert "".join(key.id for key in keys) == expected


def test_what_is_hidden_is_not_matched(records: Any) -> None:
    found = records.run(records.repository.resolve("Patient", [("identifier", "1")], visible=OPEN))
    assert records.repository.would_match(found.guard, COMING, now=NOW) == (Key("Patient", "a"),)


def test_all_matches_up_to_a_limit(records: Any) -> None:
    for name in "abc":
        records.put("Patient", name, active=True)
    matches = records.repository.matches
    found = records.run(matches("Patient", [("active", "true")], limit=2))
    assert [version.key.id for version in found] == ["a", "b"]
    assert len(records.run(matches("Patient", [("active", "true")], limit=9))) == 3
