"""The forms that a report can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from fhir_server.cli.validating.junit import JUnitPrinter
from fhir_server.cli.validating.outcomes import JsonPrinter
from fhir_server.cli.validating.report import FileReport
from fhir_server.cli.validating.sarif import SarifPrinter
from fhir_server.cli.validating.text import TextPrinter


class Printer(Protocol):
    """Prints a report on standard output."""

    def take(self, report: FileReport) -> None:
        """One file; they come in order."""

    def finish(self) -> None:
        """All files have come."""


#: Makes the printer of a format for a language.
PRINTERS: Mapping[str, Callable[[str], Printer]] = MappingProxyType(
    {"text": TextPrinter, "json": JsonPrinter, "junit": JUnitPrinter, "sarif": SarifPrinter}
)
