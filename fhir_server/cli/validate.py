"""``fhir-server validate``: resources against R4 and profiles. https://hl7.org/fhir/R4/validation.html"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from conformance.errors import InvalidContent, NotFound
from fhir_server.cli import messages
from fhir_server.cli.language import user_language
from fhir_server.cli.options import LanguageOption, settings


class ReportFormat(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"


def validate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="JSON, XML or NDJSON files, or folders of them.")
    ],
    *,
    profile: Annotated[
        list[str] | None, typer.Option(metavar="CANONICAL", help="Also check against this profile; may be repeated.")
    ] = None,
    definitions: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="More definitions: a file, folder or package; may be repeated."),
    ] = None,
    format_: Annotated[ReportFormat, typer.Option("--format", help="How to print the report.")] = ReportFormat.TEXT,
    workers: Annotated[
        int, typer.Option(metavar="N", min=0, help="Checking processes; 0: as many as the work is worth.")
    ] = 0,
    language: LanguageOption = None,
) -> None:
    """Check resources. Exit code 0: all valid, 1: not all, 2: a file could not be read.

    The report is in the order of the files, those of a folder by name.
    """
    from fhir_server.cli.progress import progress
    from fhir_server.cli.validating.checking import Plan, check, workers_for
    from fhir_server.cli.validating.formats import PRINTERS
    from fhir_server.cli.validating.inputs import files_under, pieces_of, size_of
    from fhir_server.cli.validating.report import Collector

    plan = Plan(settings().canonical_base, _loose(definitions or []), tuple(profile or ()))
    found = files_under(files)
    if not found:
        raise NotFound.of(messages.NOTHING_TO_CHECK, paths=", ".join(map(str, files)))
    printer = PRINTERS[format_](user_language(language.value if language else ""))
    with progress("validate", "resources") as report:
        collector = Collector(found, size_of(found), printer.take, report)
        check(pieces_of(found), plan, workers_for(workers, size_of(found)), collector.take)
        collector.finish()
    printer.finish()
    raise typer.Exit(collector.exit_code)


def _loose(paths: list[Path]) -> tuple[Mapping[str, Any], ...]:
    """The conformance resources at the paths. InvalidContent when there are none."""
    return tuple(row for path in paths for row in _definitions(path))


def _definitions(path: Path) -> list[dict[str, Any]]:
    from conformance.packages import load
    from conformance.packages.content import resources_at
    from conformance.xml_codec import decode

    if path.suffix != ".xml":
        return resources_at(path)
    try:
        return [decode(path.read_bytes(), load())]
    except OSError as error:
        raise InvalidContent.of(messages.UNREADABLE, path=path, error=error.strerror or error) from error
