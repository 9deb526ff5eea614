"""``fhir-server validate``: resources against R4 and profiles. https://hl7.org/fhir/R4/validation.html"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from conformance.errors import InvalidContent
from conformance.issues import Issue, Severity, has_errors, operation_outcome
from fhir_server.cli import messages
from fhir_server.cli.language import say, user_language
from fhir_server.cli.options import Format, LanguageOption, settings

if TYPE_CHECKING:
    from conformance.definitions import Definitions
    from profiles.validation import Validator


def validate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="JSON or XML files of one resource each.")],
    *,
    profile: Annotated[
        list[str] | None, typer.Option(metavar="CANONICAL", help="Also check against this profile; may be repeated.")
    ] = None,
    definitions: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="More definitions: a file, folder or package; may be repeated."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print the issues.")] = Format.TEXT,
    language: LanguageOption = None,
) -> None:
    """Check resources. Exit code 0: all valid, 1: not all, 2: a file could not be read.

    JSON gives one OperationOutcome, or for several files a Bundle of them in the order of the files.
    """
    from fhir_server.cli.edge import FOUND, USAGE

    tongue = user_language(language.value if language else "")
    validator, known = _validator(definitions or [])
    found = [_issues(path, validator, known, profile or []) for path in files]
    _PRINTERS[format_](files, found, tongue)
    if any(issue.message is messages.UNREADABLE for issues in found for issue in issues):
        raise typer.Exit(USAGE)
    raise typer.Exit(FOUND if any(map(has_errors, found)) else 0)


def _validator(paths: list[Path]) -> tuple[Validator, Definitions]:
    """The validator over installed packages, the national definitions and those at ``paths``."""
    from conformance.packages import load
    from profiles.vn.validator import national_validator
    from terminology.names import Names

    known = load(loose=[row for path in paths for row in _definitions(path)])
    return national_validator(Names(settings().canonical_base), known), known


def _definitions(path: Path) -> list[dict[str, Any]]:
    """The conformance resources in a file, folder or package. InvalidContent when there are none."""
    from conformance.packages import load
    from conformance.packages.content import resources_at
    from conformance.xml_codec import decode

    if path.suffix == ".xml":
        return [decode(_content(path), load())]
    return resources_at(path)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidContent.of(messages.UNREADABLE, _WHOLE, path=path, error=error.strerror or error) from error


def _issues(path: Path, validator: Validator, known: Definitions, profiles: list[str]) -> list[Issue]:
    """What is to be said of a file, each issue with its place."""
    try:
        content = _content(path)
        judge = _xml_issues if content.lstrip(_BEFORE_XML)[:1] == b"<" else _json_issues
        return [_placed(issue) for issue in judge(content, validator, known, profiles)]
    except InvalidContent as error:
        return [_placed(issue) for issue in error.issues]


def _json_issues(content: bytes, validator: Validator, _known: Definitions, profiles: list[str]) -> list[Issue]:
    from conformance.json_codec import decode
    from conformance.json_source import positions
    from profiles.validation import placed

    return placed(validator.validate(decode(content), profiles), lambda places: positions(content, places))


def _xml_issues(content: bytes, validator: Validator, known: Definitions, profiles: list[str]) -> list[Issue]:
    from conformance.xml_codec import decode_with_issues
    from profiles.validation import merged, placed

    resource, read, source = decode_with_issues(content, known)
    issues = merged(read, validator.validate(resource, profiles))
    return placed(issues, lambda places: [source.position(place) for place in places])


#: What may stand before the first character of an XML document.
_BEFORE_XML = b"\xef\xbb\xbf \t\r\n"

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
