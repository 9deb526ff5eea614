"""The official examples: no error but the true ones."""

from __future__ import annotations

from pathlib import Path

from conformance import xml_codec
from conformance.definitions import Definitions
from conformance.issues import Issue
from conformance.json_codec import decode
from profiles.validation import Options, Validator

#: What is truly wrong in the official examples: file -> message id and expressions.
TRUE_ERRORS = {
    # A UUID is written in lower case; a canonical is absolute. HL7's validator says the same.
    "capabilitystatement-example.json": {
        ("CNF-1113", "CapabilityStatement.url"),
        ("CNF-1119", "CapabilityStatement.messaging[0].supportedMessage[0].definition"),
    },
    "operationdefinition-example.json": {("CNF-1119", "OperationDefinition.base")},
    # The code chol-mass stands twice in it (csd-1).
    "codesystem-example.json": {("VAL-2220", "CodeSystem")},
}

#: Reference targets of the examples that are wrong by their text alone, which HL7's validator does not believe.
WRONG_TARGETS = {
    # A metric's parent is a Device; the example names a DeviceDefinition.
    ("devicemetric-example.json", "DeviceMetric.parent"),
    # A reason is a Condition, Observation, report or document; the example names a Procedure.
    ("deviceusestatement-example.json", "DeviceUseStatement.reasonReference[0]"),
    # The performer of a dispense request is an Organization; the example names a Practitioner.
    ("medicationrequest0301.json", "MedicationRequest.dispenseRequest.performer"),
}

#: Its display items have no linkId, which is required.
WITHOUT_LINK_ID = "bundle-questionnaire.json"

#: As HL7's validator is run by default.
LENIENT = Options(allow_examples=True, assume_rest_references=False)


def errors_of(path: Path, definitions: Definitions, validator: Validator, options: Options) -> list[Issue]:
    content = path.read_bytes()
    resource = decode(content) if path.suffix == ".json" else xml_codec.decode(content, definitions)
    return [issue for issue in validator.validate(resource, options=options) if issue.is_error]


def examples(testdata: Path) -> list[Path]:
    return [path for path in sorted((testdata / "examples").iterdir()) if path.suffix in (".json", ".xml")]


def test_official_examples_have_no_false_alarm(testdata: Path, definitions: Definitions, validator: Validator) -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for path in examples(testdata):
        for issue in errors_of(path, definitions, validator, LENIENT):
            found.setdefault(path.name, set()).add((issue.message.id, issue.expression))
    missing_link_ids = found.pop(WITHOUT_LINK_ID)
    assert {message for message, _ in missing_link_ids} == {"VAL-2101"}
    assert found == TRUE_ERRORS
    assert len(examples(testdata)) > 80


def test_targets_are_told_by_the_text_of_references(
    testdata: Path, definitions: Definitions, validator: Validator
) -> None:
    strict = Options(allow_examples=True)
    found = {
        (path.name, issue.expression)
        for path in examples(testdata)
        for issue in errors_of(path, definitions, validator, strict)
        if issue.message.id == "VAL-2402"
    }
    assert found == WRONG_TARGETS
