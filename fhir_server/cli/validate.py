"""``fhir-server validate``: resources against R4 and profiles. https://hl7.org/fhir/R4/validation.html"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conformance.errors import BadRequest, InvalidContent
from conformance.issues import Issue, Severity, has_errors, operation_outcome
from fhir_server.cli import messages
from fhir_server.cli.language import say, user_language
from fhir_server.cli.options import Format, LanguageOption

if TYPE_CHECKING:
    from profiles.validation import Validator


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON files of one resource each.")],
    *,
    profile: Annotated[
        list[str] | None, typer.Option(metavar="CANONICAL", help="Also check against this profile; may be repeated.")
    ] = None,
    definitions: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="More StructureDefinitions: a file or folder; may be repeated."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print the issues.")] = Format.TEXT,
    language: LanguageOption = None,
) -> None:
    """Check resources. Exit code 0: all valid, 1: not all, 2: a file could not be read.

    JSON gives one OperationOutcome, or for several files a Bundle of them in the order of the files.
    """
    from fhir_server.cli.edge import FOUND, USAGE

    tongue = user_language(language.value if language else "")
    validator = _validator(definitions or [])
    found = [_issues(path, validator, profile or []) for path in files]
    _PRINTERS[format_](files, found, tongue)
    if any(issue.message is messages.UNREADABLE for issues in found for issue in issues):
        raise typer.Exit(USAGE)
    raise typer.Exit(FOUND if any(map(has_errors, found)) else 0)


def _validator(paths: list[Path]) -> Validator:
    from conformance.definitions import load
    from profiles.validation import Validator
    from terminology.membership import ValueSets

    known = load()
    extra = {row["url"]: row for path in paths for row in _definitions(path)}
    return Validator(known, ValueSets(known), extra)


def _definitions(path: Path) -> Iterator[dict[str, Any]]:
    """The StructureDefinitions in a file or folder. BadRequest when it holds none."""
    from conformance.json_codec import decode

    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    rows = [row for file in files for row in _resources(decode(file.read_bytes()))]
    found = [row for row in rows if row.get("resourceType") == "StructureDefinition" and "url" in row]
    if not found:
        raise BadRequest.of(messages.NOT_A_DEFINITION, path=path)
    yield from found


def _resources(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The resource, or what a Bundle holds."""
    if resource.get("resourceType") == "Bundle":
        yield from (entry["resource"] for entry in resource.get("entry", ()) if "resource" in entry)
    else:
        yield resource


def _issues(path: Path, validator: Validator, profiles: list[str]) -> list[Issue]:
    from conformance.json_codec import decode

    try:
        return [_placed(issue) for issue in validator.validate(decode(path.read_bytes()), profiles)]
    except OSError as error:
        return [Issue(messages.UNREADABLE, _WHOLE, {"path": path, "error": error.strerror or error})]
    except InvalidContent as error:
        return [_placed(issue) for issue in error.issues]


#: The place of what concerns a file that does not tell its resource type.
_WHOLE = "Resource"


def _placed(issue: Issue) -> Issue:
    from dataclasses import replace

    return issue if issue.expression else replace(issue, expression=_WHOLE)


def _print_json(_files: list[Path], found: list[list[Issue]], language: str) -> None:
    from conformance.json_codec import encode

    outcomes = [operation_outcome(issues, language) for issues in found]
    entries = [{"resource": outcome} for outcome in outcomes]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    typer.echo(encode(outcomes[0] if len(outcomes) == 1 else bundle).decode())


def _print_text(files: list[Path], found: list[list[Issue]], language: str) -> None:
    for path, issues in zip(files, found, strict=True):
        for issue in issues:
            typer.echo(f"{path}: {issue.graded}: {issue.expression}: {issue.text(language)} [{issue.message.id}]")
        typer.echo(_summary(path, issues, language))


def _summary(path: Path, issues: list[Issue], language: str) -> str:
    errors = sum(issue.is_error for issue in issues)
    warnings = sum(issue.graded is Severity.WARNING for issue in issues)
    message = messages.INVALID if errors or warnings else messages.VALID
    return say(message, language, file=path, errors=errors, warnings=warnings)


_PRINTERS = {Format.TEXT: _print_text, Format.JSON: _print_json}
