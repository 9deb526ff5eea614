"""What a check finds: a message and the way down to the place, turned into an Issue at the very end.

A check knows only its own element. On the way up each parent adds its step, so the good case never builds a location.
https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from conformance.issues import Issue, Message, Severity
from profiles import messages

#: An object or list with this many findings is not searched for more, so that hostile input costs bounded memory.
LIMIT = 10_000

#: Issues that one validation gives: rules between resources find theirs without a bound of their own.
MOST_ISSUES = 2 * LIMIT

#: Text of the input is quoted in messages up to this length.
QUOTED = 80

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.ofType\([A-Za-z0-9]+\))?\Z")


@dataclass(slots=True)
class Finding:
    """One problem, with its steps from the inside out: names of elements and positions in lists."""

    message: Message
    params: Mapping[str, object] = field(default_factory=dict)
    steps: list[str | int] = field(default_factory=list)
    severity: Severity | None = None
    """Overrides the severity of the message."""
    confirm: Callable[[list[str | int]], bool] | None = None
    """Whether the finding stands, once all steps (outermost first) are known; None when it does in any case."""

    @property
    def is_error(self) -> bool:
        """True for an error or worse."""
        return (self.severity or self.message.severity) in (Severity.ERROR, Severity.FATAL)

    def issue(self, root: str) -> Issue:
        """The issue, with the FHIRPath that starts at ``root``."""
        place = root + "".join(map(_step_text, reversed(self.steps)))
        return Issue(self.message, place, self.params, self.severity)


#: What a check returns: nothing when all is well.
Findings: TypeAlias = list[Finding] | None


def one(message: Message, *steps: str | int, **params: object) -> list[Finding]:
    """A single finding at the place that ``steps`` (outermost first) lead to."""
    return [Finding(message, params, [*reversed(steps)])]


def graded(severity: Severity | None, message: Message, *steps: str | int, **params: object) -> Findings:
    """A single finding with a severity that options give; nothing when that is None."""
    return None if severity is None else [Finding(message, params, [*reversed(steps)], severity)]


def under(step: str | int, findings: list[Finding]) -> list[Finding]:
    """The findings, seen from one level further up."""
    for finding in findings:
        finding.steps.append(step)
    return findings


def joined(first: Findings, second: Findings) -> Findings:
    """Both together; extends the first."""
    if not first:
        return second
    if second:
        first.extend(second)
    return first


def is_full(found: Findings) -> bool:
    """True when no more should be looked for."""
    return found is not None and len(found) >= LIMIT


def stopped(found: Findings) -> Findings:
    """The findings, with a last one that says that the search ended early."""
    return joined(found, one(messages.STOPPED))


def issues_of(findings: Iterable[Finding], root: str) -> list[Issue]:
    """Issues in order of discovery, each once; no more than ``MOST_ISSUES`` and one that says so."""
    unique: dict[tuple[str, str, str], Issue] = {}
    for finding in findings:
        if finding.confirm is not None and not finding.confirm([*reversed(finding.steps)]):
            continue
        issue = finding.issue(root)
        unique.setdefault((issue.message.id, issue.expression, str(issue.params)), issue)
        if len(unique) >= MOST_ISSUES:
            return [*unique.values(), Issue(messages.STOPPED, root)]
    return list(unique.values())


def quoted(value: object) -> str:
    """A value as it may stand in a message: shortened, on one line."""
    text = str(value)
    if len(text) > QUOTED:
        text = f"{text[:QUOTED]}…"
    return " ".join(text.split())


def json_kind(value: object) -> str:
    """The JSON name of a decoded value's kind."""
    if value is None:
        return "null"
    for kind, name in ((bool, "a boolean"), (dict, "an object"), (list, "an array"), (str, "a string")):
        if isinstance(value, kind):
            return name
    return "a number"


def _step_text(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return _name_text(step) if len(step) <= QUOTED else _delimited(step)


@lru_cache(maxsize=4096)
def _name_text(step: str) -> str:
    return f".{step}" if _IDENTIFIER.match(step) else _delimited(step)


def _delimited(step: str) -> str:
    return ".`" + quoted(step).replace("\\", "\\\\").replace("`", "\\`") + "`"
