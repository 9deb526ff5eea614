"""The report as FHIR: OperationOutcomes. https://hl7.org/fhir/R4/operationoutcome.html"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import typer

from conformance.issues import operation_outcome
from conformance.json_codec import encode
from fhir_server.cli.validating.report import FileReport


class JsonPrinter:
    """Prints one OperationOutcome, or for several files a Bundle of them in the order of the files."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._entries: list[dict[str, Any]] = []

    def take(self, report: FileReport) -> None:
        """Keep the outcome of a file."""
        link = {"relation": "about", "url": uri_of(report.path)}
        self._entries.append({"link": [link], "resource": operation_outcome(report.issues, self._language)})

    def finish(self) -> None:
        """Print them."""
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": self._entries}
        made = self._entries[0]["resource"] if len(self._entries) == 1 else bundle
        typer.echo(encode(made).decode())


def uri_of(path: Path) -> str:
    """The path as a URI; one that is relative stays so."""
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
