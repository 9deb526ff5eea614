"""The official examples and the structural part of the validator's test cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conformance.errors import InvalidContent
from conformance.issues import Issue, has_errors
from conformance.json_codec import decode
from profiles.validation import Validator

#: What is truly wrong in the official examples: file -> message id and expressions.
TRUE_ERRORS = {
    # A metric's parent is a Device; the example names a DeviceDefinition.
    "devicemetric-example.json": {("VAL-2402", "DeviceMetric.parent")},
    # A reason is a Condition, Observation, report or document; the example names a Procedure.
    "deviceusestatement-example.json": {("VAL-2402", "DeviceUseStatement.reasonReference[0]")},
    # The performer of a dispense request is an Organization; the example names a Practitioner.
    "medicationrequest0301.json": {("VAL-2402", "MedicationRequest.dispenseRequest.performer")},
}

#: Its display items have no linkId, which is required.
WITHOUT_LINK_ID = "bundle-questionnaire.json"

#: A case whose outcome rests on an option of the Java validator that lets bad ids of contained resources pass.
BY_OPTION = {"contained-resource-bad-id-ignore"}


def issues_of(path: Path, validator: Validator) -> list[Issue]:
    try:
        return validator.validate(decode(path.read_bytes()))
    except InvalidContent as error:
        return list(error.issues)


def test_official_examples_have_no_false_alarm(testdata: Path, validator: Validator) -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    files = sorted((testdata / "examples").glob("*.json"))
    for path in files:
        for issue in issues_of(path, validator):
            found.setdefault(path.name, set()).add((issue.message.id, issue.expression))
    missing_link_ids = found.pop(WITHOUT_LINK_ID)
    assert {message for message, _ in missing_link_ids} == {"VAL-2101"}
    assert found == TRUE_ERRORS
    assert len(files) > 70


def test_no_error_where_the_java_validator_has_none(testdata: Path, validator: Validator) -> None:
    agreed = 0
    cases = [case for case in json_cases(testdata) if case["name"] not in BY_OPTION]
    for case in cases:
        issues = issues_of(testdata / "validator" / case["file"], validator)
        expected = java_says_error(testdata / "validator" / "outcomes" / case["java"])
        assert expected or not has_errors(issues), (case["name"], [(i.expression, i.text()) for i in issues])
        agreed += expected == has_errors(issues)
    print(f"structural verdicts that agree with the Java validator: {agreed} of {len(cases)}")  # noqa: T201
    assert agreed >= 65


def json_cases(testdata: Path) -> list[dict[str, Any]]:
    cases = json.loads((testdata / "validator" / "manifest.json").read_bytes())["test-cases"]
    return [case for case in cases if "profile" not in case and case["file"].endswith(".json")]


def java_says_error(path: Path) -> bool:
    issues = json.loads(path.read_bytes()).get("issue", [])
    return any(issue["severity"] in ("error", "fatal") for issue in issues)
