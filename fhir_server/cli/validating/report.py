"""What is to be said of each file, collected from its pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conformance.issues import Issue, Severity
from fhir_server.cli import messages
from fhir_server.cli.exits import DONE, FOUND, USAGE
from fhir_server.cli.progress import Report
from fhir_server.cli.validating.checking import Found
from fhir_server.cli.validating.inputs import Piece

#: Issues after which a file could not be judged.
_UNJUDGED = frozenset((messages.UNREADABLE.id, messages.CHECK_FAILED.id))


@dataclass(slots=True)
class FileReport:
    """One file: its resources, its issues in order, the counts that a summary shows."""

    path: Path
    resources: int = 0
    issues: list[Issue] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """Errors and worse."""
        return sum(issue.is_error for issue in self.issues)

    @property
    def warnings(self) -> int:
        """Warnings."""
        return sum(issue.graded is Severity.WARNING for issue in self.issues)

    @property
    def is_judged(self) -> bool:
        """False when it, or a part of it, could not be read or checked."""
        return not any(issue.message.id in _UNJUDGED for issue in self.issues)


class Collector:
    """Puts the outcomes of pieces together; ``done`` is given each file when its last piece is there."""

    def __init__(self, files: Sequence[Path], size: int, done: Callable[[FileReport], None], report: Report) -> None:
        self._files, self._size, self._done, self._report = files, size, done, report
        self._current: FileReport | None = None
        self._file = -1
        self._resources = self._bytes = 0
        self.exit_code = DONE
        """Of what has come so far: done, a finding, or something that could not be read."""

    def take(self, piece: Piece, found: Found) -> None:
        """One outcome; they come in the order of the files."""
        if piece.file != self._file:
            self.finish()
            self._file, self._current = piece.file, FileReport(self._files[piece.file])
        if self._current is not None:
            self._current.resources += found.resources
            self._current.issues.extend(found.issues)
        self._resources += found.resources
        self._bytes += piece.weight
        self._report(self._resources, self._expected())

    def finish(self) -> None:
        """Give away the last file."""
        if self._current is not None:
            self._done(self._current)
            self.exit_code = max(self.exit_code, _code_of(self._current))
            self._current = None

    def _expected(self) -> int | None:
        """Resources in all, guessed from the bytes that were read."""
        return round(self._resources * self._size / self._bytes) if self._bytes else None


def _code_of(report: FileReport) -> int:
    if not report.is_judged:
        return USAGE
    return FOUND if report.errors else DONE
