"""A job as data: what was asked, how far it is, who has it, how it ended. Kept as one record of the store.

Times are microseconds since 1970 UTC. A job is changed by replacing its whole record against the bytes that were read
(``Unit.given``), so of two that change it at once one is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import msgspec

from conformance.issues import Issue, Message, Severity, Words

#: The space of the records.
SPACE = "job"


class State(StrEnum):
    """Where a job stands. The texts are stored: never rename."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True when nothing changes any more."""
        return not MOVES[self]


#: The legal moves. A worker that ends in good order gives its job back: running -> queued.
MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
        State.RUNNING: frozenset(State),
        State.COMPLETED: frozenset(),
        State.FAILED: frozenset(),
        State.CANCELLED: frozenset(),
    }
)


class Said(msgspec.Struct, frozen=True):
    """An issue as it is kept: both languages, since who reads it is not known yet."""

    id: str
    severity: str
    code: str
    en: str
    vi: str
    expression: str = ""

    @classmethod
    def of(cls, issue: Issue) -> Said:
        """The issue with its texts filled in."""
        message = issue.message
        texts = (issue.text("en"), issue.text("vi"))
        return cls(message.id, str(issue.graded), message.code, *texts, issue.expression)

    @property
    def issue(self) -> Issue:
        """It as an issue again, with its texts as they were."""
        message = Message(self.id, Severity(self.severity), self.code, "{text}", "{text}")
        return Issue(message, self.expression, {"text": Words(self.en, self.vi)})


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One job. ``checkpoint`` and ``outcome`` belong to its kind."""

    id: str
    kind: str
    request: dict[str, Any]
    """What was asked, as its kind reads it."""
    owner: str = ""
    """Who asked; empty until there is authorization."""
    state: State = State.QUEUED
    created: int
    started: int | None = None
    ended: int | None = None
    expires: int | None = None
    """When its record and what it made may go; None: not before it has ended."""
    cancelling: bool = False
    """Somebody asked for its end; the worker that has it stops at its next checkpoint."""
    done: int = 0
    expected: int | None = None
    token: int = 0
    """Grows with each worker that takes it: the fence against one that was thought dead."""
    worker: str = ""
    until: int = 0
    """End of the lease."""
    tries: int = 0
    """Workers since the last checkpoint."""
    checkpoint: dict[str, Any] | None = None
    outcome: dict[str, Any] | None = None
    issues: tuple[Said, ...] = ()

    def moved(self, state: State, **changes: Any) -> Job:
        """The job in another state. Raises ValueError for a move that is not legal."""
        if state not in MOVES[self.state]:
            raise ValueError(f"job {self.id} cannot become {state}: it is {self.state}")
        return msgspec.structs.replace(self, state=state, **changes)

    def with_(self, **changes: Any) -> Job:
        """The job with other fields and the same state."""
        return msgspec.structs.replace(self, **changes)

    def may_be_taken(self, now: int) -> bool:
        """True when it waits, or when the worker that had it let its lease run out."""
        return self.state is State.QUEUED or (self.state is State.RUNNING and self.until <= now)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Job)


def encoded(job: Job) -> bytes:
    """The record's value."""
    return _ENCODER.encode(job)


def decoded(data: bytes) -> Job:
    """The job of a record's value."""
    return _DECODER.decode(data)


#: What a job keeps for its kind and its workers.
_INSIDE = frozenset(("request", "checkpoint", "outcome", "token"))


def told(job: Job) -> dict[str, Any]:
    """A job as an administrator sees it, for JSON."""
    fields: dict[str, Any] = msgspec.to_builtins(job)
    return {"state": str(job.state)} | {name: value for name, value in fields.items() if name not in _INSIDE}
