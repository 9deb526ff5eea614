"""Issues: what a check, a mapping or a request has to say, as data.

An issue points to a place by FHIRPath and to a message of a catalogue by a permanent id. Text exists in English and
Vietnamese. https://hl7.org/fhir/R4/operationoutcome.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

#: System of the permanent message ids in ``OperationOutcome.issue.details.coding``.
MESSAGE_SYSTEM = "https://w3id.org/vn-ehb/CodeSystem/message-id"

#: The language of messages when a request asks for none that exists.
DEFAULT_LANGUAGE = "en"


class Severity(StrEnum):
    """https://hl7.org/fhir/R4/valueset-issue-severity.html, most severe first."""

    FATAL = "fatal"
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Message:
    """One row of a catalogue. ``id`` never changes its meaning; ``en`` and ``vi`` are ``str.format`` templates."""

    id: str
    severity: Severity
    code: str
    """FHIR issue type: https://hl7.org/fhir/R4/valueset-issue-type.html"""
    en: str
    vi: str


class Words(NamedTuple):
    """A parameter of a message that is said in either language; an Issue can be a parameter, too."""

    en: str
    vi: str

    def __str__(self) -> str:
        return self.en


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding: a message with its parameters, and where it was found."""

    message: Message
    expression: str = ""
    """FHIRPath of the element, such as ``Patient.name[0].given[1]``; empty when the whole input is meant."""
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    severity: Severity | None = None
    """Overrides the catalogue's severity where a policy grades it otherwise."""
    line: int | None = None
    column: int | None = None

    @property
    def graded(self) -> Severity:
        """The severity that counts."""
        return self.severity or self.message.severity

    @property
    def is_error(self) -> bool:
        """True for an error or worse."""
        return self.graded in (Severity.ERROR, Severity.FATAL)

    def text(self, language: str = DEFAULT_LANGUAGE) -> str:
        """The message in ``language`` (``en`` or ``vi``) with its parameters filled in."""
        template = self.message.vi if language == "vi" else self.message.en
        return template.format_map({name: _worded(value, language) for name, value in self.params.items()})


def _worded(value: object, language: str) -> object:
    if isinstance(value, Words):
        return value.vi if language == "vi" else value.en
    return value.text(language) if isinstance(value, Issue) else value


def has_errors(issues: Iterable[Issue]) -> bool:
    """True when at least one issue is an error or worse."""
    return any(issue.is_error for issue in issues)


def operation_outcome(issues: Iterable[Issue], language: str = DEFAULT_LANGUAGE) -> dict[str, Any]:
    """An OperationOutcome resource of these issues; one informational "all ok" issue when there are none."""
    rows = [_issue_row(issue, language) for issue in issues]
    return {"resourceType": "OperationOutcome", "issue": rows or [_issue_row(Issue(ALL_OK), language)]}


def _issue_row(issue: Issue, language: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "severity": str(issue.graded),
        "code": issue.message.code,
        "details": {
            "coding": [{"system": MESSAGE_SYSTEM, "code": issue.message.id}],
            "text": issue.text(language),
        },
    }
    if issue.line is not None:
        row["extension"] = [
            {"url": f"http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-{name}", "valueInteger": number}
            for name, number in (("line", issue.line), ("col", issue.column))
            if number is not None
        ]
    if issue.expression:
        row["expression"] = [issue.expression]
    return row


ALL_OK = Message("FHIR-0000", Severity.INFORMATION, "informational", "No issues found.", "Không phát hiện vấn đề nào.")
