"""What a run did, counted as it goes; the issues are written out and not kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import BinaryIO

import msgspec

from conformance.issues import Severity
from fhir_server.store.protocol import Op, Written
from mappers.units import MapIssue

_GRAVE = (Severity.FATAL, Severity.ERROR)


@dataclass(slots=True)
class Changes:
    """What was written."""

    resources: Counter[str] = field(default_factory=Counter)
    """Resources written, by type."""
    unchanged: int = 0
    deleted: int = 0

    def written(self, outcome: Iterable[Written]) -> None:
        """Count what a unit changed."""
        for row in outcome:
            if not row.changed:
                self.unchanged += 1
            elif row.op is Op.DELETE:
                self.deleted += 1
            else:
                self.resources[row.key.type] += 1


@dataclass(slots=True)
class Tally:
    """Counts of one run. ``issue_lines`` receives each issue as a line of JSON."""

    issue_lines: BinaryIO | None = None
    envelopes: int = 0
    visits: int = 0
    """Pieces read, whatever became of them."""
    applied: int = 0
    repeated: int = 0
    """Visits whose very submission was applied before: not mapped again."""
    rows: Counter[str] = field(default_factory=Counter)
    resources: Counter[str] = field(default_factory=Counter)
    """Resources written, by type."""
    unchanged: int = 0
    deleted: int = 0
    issues: Counter[str] = field(default_factory=Counter)
    """By severity."""
    started: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0

    def note(self, issues: Iterable[MapIssue]) -> None:
        """Count issues and write their lines."""
        for issue in issues:
            self.issues[issue.severity] += 1
            if self.issue_lines:
                self.issue_lines.write(msgspec.json.encode(issue.as_dict()) + b"\n")

    def add(self, changes: Changes) -> None:
        """Count what was written."""
        self.resources.update(changes.resources)
        self.unchanged += changes.unchanged
        self.deleted += changes.deleted

    def finish(self, envelopes: int) -> Tally:
        """This tally with its seconds and the number of files that held something."""
        self.envelopes = envelopes
        self.seconds = time.perf_counter() - self.started
        return self

    @property
    def is_clean(self) -> bool:
        """True when all input was read whole and nothing had an error."""
        return not any(self.issues[severity] for severity in _GRAVE)

    @property
    def rate(self) -> float:
        """Visits a second."""
        return self.visits / self.seconds if self.seconds else 0.0
