"""How far an import is: the ``checkpoint`` of its job, kept in one unit with the resources; at the end its outcome."""

from __future__ import annotations

from typing import Any

import msgspec

from fhir_server.bulk.exporting.state import File

#: ``State.offset`` of an input that cannot be read further.
BROKEN = -1


class Counts(msgspec.Struct, array_like=True):
    """Of one input: resources stored, lines refused, resources stored that have findings, resources to be deleted.

    ``broken`` is the line from which on it could not be read; 0 when it was read to its end.
    """

    stored: int = 0
    refused: int = 0
    told: int = 0
    deleted: int = 0
    broken: int = 0


class ErrorFile(msgspec.Struct, frozen=True):
    """The findings about one input, by its number."""

    input: int
    file: File


class State(msgspec.Struct, kw_only=True):
    """What lies before the place is in the store, and nothing of what lies behind it."""

    at: int
    """When the work began, microseconds."""
    counts: list[Counts]
    input: int = 0
    mark: str = ""
    """What the present input was known by: another mark means other content, which is read from its beginning."""
    line: int = 0
    """Lines of the present input that are done."""
    offset: int = 0
    """Unpacked bytes of the present input that are done."""
    errors: list[ErrorFile] | None = None
    """The error files, once everything is stored."""

    @property
    def done(self) -> int:
        """Resources that were stored or deleted, and lines that were refused."""
        return sum(one.stored + one.refused + one.deleted for one in self.counts)

    @property
    def deleted(self) -> int:
        """Resources that deletions named, whether they were there or not."""
        return sum(one.deleted for one in self.counts)

    @property
    def refused(self) -> int:
        """Lines that were not stored."""
        return sum(one.refused for one in self.counts)

    def kept(self) -> dict[str, Any]:
        """For the job's record."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def begun(now: int, inputs: int) -> State:
    """Nothing is done yet."""
    return State(at=now, counts=[Counts() for _ in range(inputs)])


def state_of(kept: dict[str, Any]) -> State:
    """What ``State.kept`` gave."""
    return msgspec.convert(kept, State)
