"""Hostile input costs bounded time and memory and gives a clear issue."""

from __future__ import annotations

from typing import Any

from lines_run import lines_run

from profiles.validation import Validator
from profiles.validation.findings import LIMIT


def test_deep_nesting_is_an_issue(validator: Validator) -> None:
    extension: dict[str, Any] = {"url": "a", "valueCode": "a"}
    for _ in range(5_000):
        extension = {"url": "https://example.org/a", "extension": [extension]}
    issues = validator.validate({"resourceType": "Patient", "extension": [extension]})
    assert [issue.message.id for issue in issues] == ["VAL-2005"]


def test_nesting_that_the_codec_allows_is_checked(validator: Validator) -> None:
    item: dict[str, Any] = {"linkId": "1", "type": "no-such"}
    for _ in range(45):
        item = {"linkId": f"1{item['linkId']}", "type": "group", "item": [item]}
    issues = validator.validate({"resourceType": "Questionnaire", "status": "draft", "item": [item]})
    assert [issue.expression for issue in issues] == ["Questionnaire" + ".item[0]" * 46 + ".type"]


def test_many_problems_end_early(validator: Validator) -> None:
    resource = {
        "resourceType": "Patient",
        "name": [{"given": [None] * 300_000}] * 3,
        **{f"a{n}": n for n in range(50_000)},
    }
    issues = validator.validate(resource)
    assert len(issues) < 2 * LIMIT + 10
    assert any(issue.message.id == "VAL-2014" for issue in issues)


def observations(count: int) -> dict[str, Any]:
    """A Bundle whose entries refer to what they contain and to each other."""
    entries = [
        {
            "fullUrl": f"urn:uuid:00000000-0000-4000-8000-{n:012d}",
            "resource": {
                "resourceType": "Observation",
                "status": "final",
                "code": {"text": "Mạch"},
                "contained": [{"resourceType": "Patient", "id": "p"}],
                "subject": {"reference": "#p"},
                "derivedFrom": [{"reference": f"urn:uuid:00000000-0000-4000-8000-{n // 2:012d}"}],
            },
        }
        for n in range(count)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def test_work_is_linear_in_size(validator: Validator) -> None:
    def lines(count: int) -> int:
        resource = observations(count)
        assert validator.validate(resource) == []
        return lines_run(lambda: validator.validate(resource))

    small, large = lines(100), lines(500)
    assert small > 1_000
    assert large < 5.5 * small


def test_long_texts_stay_out_of_messages(validator: Validator) -> None:
    issues = validator.validate({"resourceType": "Patient", "gender": "x" * 1_000_000, "y" * 1_000_000: 1})
    assert len(issues) == 2
    assert all(len(issue.text()) + len(issue.expression) < 500 for issue in issues)
