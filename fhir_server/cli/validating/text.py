"""Issues as lines that editors can follow, then one table of all files."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import typer

from conformance.issues import Issue
from fhir_server.cli.validating.report import FileReport

if TYPE_CHECKING:
    from rich.table import Table

#: Words of the table by language.
_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "file": "file",
            "resources": "resources",
            "errors": "errors",
            "warnings": "warnings",
            "verdict": "verdict",
            "valid": "valid",
            "invalid": "not valid",
            "unjudged": "not read",
            "all": "{files} files",
        },
        "vi": {
            "file": "tệp",
            "resources": "tài nguyên",
            "errors": "lỗi",
            "warnings": "cảnh báo",
            "verdict": "kết luận",
            "valid": "hợp lệ",
            "invalid": "không hợp lệ",
            "unjudged": "không đọc được",
            "all": "{files} tệp",
        },
    }
)
_STYLES = {"valid": "green", "invalid": "red", "unjudged": "bold red"}
#: Wide enough for any path where there is no terminal to fit into.
_UNBOUNDED = 10_000


class TextPrinter:
    """Prints the issues of each file as it comes, and the table at the end."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._words = _WORDS[language]
        self._rows: list[tuple[str, int, int, int, str]] = []

    def take(self, report: FileReport) -> None:
        """Print the issues of a file."""
        for issue in report.issues:
            typer.echo(line_of(report, issue, self._language))
        self._rows.append((str(report.path), report.resources, report.errors, report.warnings, verdict_of(report)))

    def finish(self) -> None:
        """Print the table."""
        from rich.console import Console

        width = None if sys.stdout.isatty() else _UNBOUNDED
        console = Console(file=sys.stdout, width=width, highlight=False, markup=False)
        with console.capture() as printed:
            console.print(self._table())
        for line in printed.get().splitlines():
            typer.echo(line.rstrip())

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        words = self._words
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=len(self._rows) > 1)
        table.add_column(words["file"], words["all"].format(files=len(self._rows)), overflow="fold")
        for column, name in enumerate(("resources", "errors", "warnings"), 1):
            table.add_column(words[name], str(sum(int(row[column]) for row in self._rows)), justify="right")
        table.add_column(words["verdict"])
        for path, *counts, verdict in self._rows:
            table.add_row(Text(path), *map(str, counts), Text(words[verdict], style=_STYLES[verdict]))
        return table


def verdict_of(report: FileReport) -> str:
    """``valid``, ``invalid``, or ``unjudged`` when it could not be read."""
    if not report.is_judged:
        return "unjudged"
    return "invalid" if report.errors else "valid"


def line_of(report: FileReport, issue: Issue, language: str) -> str:
    """``path:line:column: severity: FHIRPath: text [id]``."""
    place = "".join(f":{number}" for number in (issue.line, issue.column) if number is not None)
    return f"{report.path}{place}: {issue.graded}: {issue.expression}: {issue.text(language)} [{issue.message.id}]"
