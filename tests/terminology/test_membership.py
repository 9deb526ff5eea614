"""Membership in value sets: yes, no, and unknown where a part cannot be enumerated."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.definitions import Definitions
from terminology.membership import Membership, ValueSets

YES, NO, UNKNOWN = Membership

A, B, GONE = "https://example.org/a", "https://example.org/b", "https://example.org/gone"


class Shelf:
    """Resources given as a list."""

    def __init__(self, *resources: dict[str, Any]) -> None:
        self._resources = {resource["url"]: resource for resource in resources}

    def value_set(self, canonical: str) -> dict[str, Any] | None:
        return self._resources.get(canonical)

    code_system = value_set


def system(url: str, *codes: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "content": "complete", "concept": [{"code": code} for code in codes]} | more


def sets(include: list[dict[str, Any]], exclude: list[dict[str, Any]] = [], **more: Any) -> ValueSets:  # noqa: B006
    compose = {"include": include} | ({"exclude": exclude} if exclude else {})
    nested = {"url": "other", "compose": {"include": [{"system": A, "concept": [{"code": "1"}]}]}}
    itself = {"url": "itself", "compose": {"include": [{"valueSet": ["itself"]}]}}
    return ValueSets(
        Shelf({"url": "vs", "compose": compose}, nested, itself, system(A, "1", "2", "3", **more), system(B, "1", "x"))
    )


def answers(value_sets: ValueSets, *codes: tuple[str | None, str]) -> list[Membership]:
    return [value_sets.membership("vs", *code) for code in codes]


def test_explicit_concepts() -> None:
    value_sets = sets([{"system": GONE, "concept": [{"code": "7"}]}])
    assert answers(value_sets, (GONE, "7"), (GONE, "8"), (A, "7"), (None, "7"), (None, "8")) == [YES, NO, NO, YES, NO]
    assert value_sets.codes("vs") == {"7"}


def test_a_complete_system_and_its_hierarchy() -> None:
    tree = [{"code": "1", "concept": [{"code": "1.1", "concept": [{"code": "1.1.1"}]}]}]
    value_sets = sets([{"system": A}], concept=tree)
    assert answers(value_sets, (A, "1.1.1"), (A, "4"), (B, "1")) == [YES, NO, NO]


@pytest.mark.parametrize(
    "more",
    [{"content": "fragment"}, {"content": "example"}, {"caseSensitive": False}, {"compositional": True}],
    ids=str,
)
def test_a_code_of_an_incomplete_system_is_never_wrong(more: dict[str, Any]) -> None:
    value_sets = sets([{"system": A}], **more)
    assert answers(value_sets, (A, "1"), (A, "4"), (B, "4"), (None, "4")) == [YES, UNKNOWN, NO, UNKNOWN]
    assert value_sets.codes("vs") is None


def test_an_absent_system_and_a_filter_leave_only_their_system_open() -> None:
    value_sets = sets([{"system": GONE}, {"system": A, "filter": [{"property": "p", "op": "=", "value": "v"}]}])
    assert answers(value_sets, (GONE, "1"), (A, "1"), (B, "1")) == [UNKNOWN, UNKNOWN, NO]


def test_a_pinned_version_must_be_the_one_at_hand() -> None:
    assert answers(sets([{"system": A, "version": "2"}], version="2"), (A, "1"), (A, "9")) == [YES, NO]
    assert answers(sets([{"system": A, "version": "3"}], version="2"), (A, "1"), (B, "1")) == [UNKNOWN, NO]


def test_codes_must_be_in_all_value_sets_of_an_include() -> None:
    value_sets = sets([{"system": A, "valueSet": ["other"]}])
    assert answers(value_sets, (A, "1"), (A, "2"), (B, "1")) == [YES, NO, NO]


def test_an_absent_value_set_makes_codes_doubtful() -> None:
    value_sets = sets([{"system": A, "valueSet": ["nowhere"]}])
    assert answers(value_sets, (A, "1"), (A, "4"), (B, "1")) == [UNKNOWN, NO, NO]
    assert answers(sets([{"valueSet": ["nowhere"]}]), (A, "1")) == [UNKNOWN]


def test_exclusions() -> None:
    value_sets = sets([{"system": A}], [{"system": A, "concept": [{"code": "2"}]}])
    assert answers(value_sets, (A, "1"), (A, "2"), (A, "4")) == [YES, NO, NO]


def test_an_unknown_exclusion_makes_codes_doubtful() -> None:
    value_sets = sets([{"system": A}, {"system": B}], [{"system": A, "filter": [{}]}])
    assert answers(value_sets, (A, "1"), (A, "4"), (B, "x")) == [UNKNOWN, NO, YES]


def test_unknown_recursive_and_versioned_canonicals() -> None:
    value_sets = sets([{"system": A}])
    assert value_sets.membership("nowhere", A, "1") is UNKNOWN
    assert value_sets.membership("itself", A, "1") is UNKNOWN
    assert value_sets.membership("vs|4.0.1", A, "1") is YES


def test_a_stored_expansion_lists_members_but_proves_no_absence() -> None:
    expansion = {"contains": [{"system": A, "abstract": True, "code": "0", "contains": [{"system": A, "code": "1"}]}]}
    value_sets = ValueSets(Shelf({"url": "vs", "expansion": expansion}))
    assert answers(value_sets, (A, "1"), (A, "0"), (B, "1")) == [YES, UNKNOWN, UNKNOWN]


def test_required_sets_of_the_definitions(definitions: Definitions) -> None:
    value_sets = ValueSets(definitions)
    base = "http://hl7.org/fhir/ValueSet"
    assert value_sets.codes(f"{base}/administrative-gender|4.0.1") == {"male", "female", "other", "unknown"}
    assert value_sets.membership(f"{base}/mimetypes", None, "text/plain") is YES
    assert value_sets.membership(f"{base}/mimetypes", None, "plain") is NO
    assert value_sets.membership(f"{base}/mimetypes", None, "TEXT/PLAIN") is UNKNOWN
    assert value_sets.membership(f"{base}/currencies", "urn:iso:std:iso:4217", "VND") is YES
    assert value_sets.membership(f"{base}/currencies", "urn:iso:std:iso:4217", "VNX") is UNKNOWN
    assert value_sets.membership(f"{base}/resource-types", None, "Patients") is NO
    assert value_sets.membership(f"{base}/all-types", None, "Any") is YES
