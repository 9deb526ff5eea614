"""Codes that by the grammar of their system are none, in Codings and in Quantities."""

from __future__ import annotations

from typing import Any

import pytest

from profiles.validation import Validator

UCUM = "http://unitsofmeasure.org"


def observation(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}} | more


def quantity(code: str) -> dict[str, Any]:
    return {"value": 1, "unit": "x", "system": UCUM, "code": code}


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        (observation(valueQuantity=quantity("mg/dL")), ""),
        (observation(valueQuantity=quantity("mg per dL")), "Observation.value.ofType(Quantity).code"),
        (observation(valueRange={"low": quantity("beats")}), "Observation.value.ofType(Range).low.code"),
        (observation(code={"coding": [{"system": "http://loinc.org", "code": "60591-5"}]}), ""),
        (
            observation(code={"coding": [{"system": "http://loinc.org", "code": "60591-4"}]}),
            "Observation.code.coding[0].code",
        ),
        (
            observation(bodySite={"coding": [{"system": "http://snomed.info/sct", "code": "2768850"}]}),
            "Observation.bodySite.coding[0].code",
        ),
    ],
)
def test_a_code_that_is_none(resource: dict[str, Any], place: str, validator: Validator) -> None:
    issues = [issue for issue in validator.validate(resource) if issue.is_error]
    assert [(issue.message.id, issue.expression) for issue in issues] == ([("VAL-2313", place)] if place else [])


def test_a_content_type_is_a_mime_type(validator: Validator) -> None:
    binary = {"resourceType": "Binary", "contentType": "pdf", "data": "AA=="}
    issues = [issue for issue in validator.validate(binary) if issue.is_error]
    assert [(issue.message.id, issue.expression) for issue in issues] == [("VAL-2301", "Binary.contentType")]
