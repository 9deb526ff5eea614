"""elementdefinition-maxValueSet: whatever the strength of the binding, no code may lie outside of it."""

import pytest

from profiles.validation import Validator


@pytest.mark.parametrize(
    ("language", "count"), [("vi", 0), ("de-CH", 0), ("zz zz", 1), ("tiếng Việt", 1), ("e", 1), ("12", 1), ("x-a", 0)]
)
def test_a_language_is_a_language_tag(validator: Validator, language: str, count: int) -> None:
    resource = {"resourceType": "Patient", "language": language, "communication": [{"language": {"text": "Tày"}}]}
    errors = [issue for issue in validator.validate(resource) if issue.is_error]
    assert [issue.expression for issue in errors] == ["Patient.language"] * count


def test_a_concept_of_another_system_alone_is_outside(validator: Validator) -> None:
    other = {"coding": [{"system": "http://example.org/tongues", "code": "7"}]}
    both = {"coding": [*other["coding"], {"system": "urn:ietf:bcp:47", "code": "vi"}]}
    resource = {"resourceType": "Patient", "communication": [{"language": other}, {"language": both}]}
    errors = [issue.expression for issue in validator.validate(resource) if issue.is_error]
    assert errors == ["Patient.communication[0].language"]
