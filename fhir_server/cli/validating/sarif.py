"""The report as SARIF 2.1.0, which code review tools show beside the lines.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import typer

from conformance.issues import Issue, Message, Severity
from conformance.json_codec import encode
from fhir_server.cli.validating.outcomes import uri_of
from fhir_server.cli.validating.report import FileReport

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Mapping[Severity, str] = MappingProxyType(
    {Severity.FATAL: "error", Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "note"}
)
#: What is filled into a message; braces mean something else to a reader of SARIF.
_PLACE = re.compile(r"\{(\w+)[^}]*\}")


class SarifPrinter:
    """Prints one run: a rule for each message that was used, a result for each issue."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._rules: dict[str, int] = {}
        self._described: list[dict[str, Any]] = []
        self._artifacts: list[dict[str, Any]] = []
        self._results: list[dict[str, Any]] = []
        self._is_whole = True

    def take(self, report: FileReport) -> None:
        """Add the results of a file."""
        self._is_whole = self._is_whole and report.is_judged
        artifact = {"uri": uri_of(report.path), "index": len(self._artifacts)}
        self._artifacts.append({"location": {"uri": artifact["uri"]}, "roles": ["analysisTarget"]})
        self._results.extend(self._result(issue, artifact) for issue in report.issues)

    def finish(self) -> None:
        """Print the log."""
        driver = {"name": "fhir-server", "version": version("vn-fhir-server"), "rules": self._described}
        run = {
            "tool": {"driver": driver},
            "language": self._language,
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": self._is_whole}],
            "artifacts": self._artifacts,
            "results": self._results,
        }
        typer.echo(encode({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}).decode())

    def _result(self, issue: Issue, artifact: dict[str, Any]) -> dict[str, Any]:
        physical: dict[str, Any] = {"artifactLocation": artifact}
        if issue.line is not None:
            columns = {} if issue.column is None else {"startColumn": issue.column}
            physical["region"] = {"startLine": issue.line, **columns}
        logical = {"fullyQualifiedName": issue.expression, "kind": "element"}
        return {
            "ruleId": issue.message.id,
            "ruleIndex": self._rule(issue.message),
            "level": _LEVELS[issue.graded],
            "message": {"text": issue.text(self._language)},
            "locations": [{"physicalLocation": physical, "logicalLocations": [logical]}],
        }

    def _rule(self, message: Message) -> int:
        """The place of a message in the list of rules."""
        if message.id not in self._rules:
            self._rules[message.id] = len(self._described)
            template = _PLACE.sub(r"<\1>", message.vi if self._language == "vi" else message.en)
            level = {"level": _LEVELS[message.severity]}
            self._described.append(
                {"id": message.id, "shortDescription": {"text": template}, "defaultConfiguration": level}
            )
        return self._rules[message.id]
