"""The front door to validation: what it takes, and where its issues stand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.definitions import Definitions
from profiles.judge import Judge, validate
from profiles.validation import Options
from profiles.vn.policy import national_policy
from terminology.names import PROFILES, Names

BAD: dict[str, Any] = {"resourceType": "Patient", "gender": "nam"}
TEXT = '{\n "resourceType": "Patient",\n "gender": "nam"\n}'
XML = '<Patient xmlns="http://hl7.org/fhir">\n  <gender value="nam"/>\n</Patient>'


@pytest.fixture(scope="module")
def judge(definitions: Definitions) -> Judge:
    return Judge.national()


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (BAD, (None, None)),
        (TEXT, (3, 2)),
        (TEXT.encode(), (3, 2)),
        (XML, (2, 3)),
        (b"\xef\xbb\xbf  " + XML.encode(), (2, 3)),
    ],
    ids=["dict", "JSON text", "JSON bytes", "XML text", "XML bytes"],
)
def test_content_of_any_kind(judge: Judge, content: Any, place: tuple[int | None, int | None]) -> None:
    (issue,) = judge.validate(content)
    assert (issue.expression, issue.line, issue.column) == ("Patient.gender", *place)
    assert validate(content) == [issue]


@pytest.mark.parametrize("content", [b"", b"{", "[1]", "<", b"\xff", "<a/>", '{"id": 1, "id": 2}', "7"])
def test_what_is_no_resource_is_an_issue_with_a_place(judge: Judge, content: bytes | str) -> None:
    issues = judge.validate(content)
    assert any(issue.is_error for issue in issues)
    assert all(issue.expression for issue in issues)


def test_a_resource_is_not_changed_by_being_judged(judge: Judge) -> None:
    resource = json.loads(TEXT)
    judge.validate(resource, [Names().profile("patient")])
    assert resource == json.loads(TEXT)


def test_a_profile_that_was_asked_for_must_be_known(judge: Judge) -> None:
    nowhere = "https://example.org/StructureDefinition/none"
    patient = {"resourceType": "Patient", "meta": {"profile": [nowhere]}}
    claimed, asked = judge.validate(patient, [nowhere])
    assert (claimed.expression, claimed.is_error) == ("Patient.meta.profile[0]", False)
    assert (asked.expression, asked.is_error) == ("Patient", True)


def test_options_are_those_of_the_judge(definitions: Definitions) -> None:
    lenient = Judge.national(options=Options(structure_only=True))
    patient = {"resourceType": "Patient", "contact": [{"gender": "female"}]}
    assert lenient.validate(patient) == []
    assert Judge.national().validate(patient) != []


def test_the_national_policy_names_the_profiles_of_single_resources() -> None:
    policy = national_policy(Names("https://example.vn"))
    assert policy["Patient"] == ("https://example.vn/StructureDefinition/patient",)
    assert "Bundle" not in policy
    assert "Composition" not in policy
    assert len(policy) == len(PROFILES) - 2
