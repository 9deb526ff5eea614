"""How far an export is: the ``checkpoint`` of its job, and at the end its outcome."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from fhir_server.store.protocol import Moment


class Part(StrEnum):
    """Of which list of the manifest a file is."""

    OUTPUT = "output"
    DELETED = "deleted"
    ERROR = "error"


#: In the place of a page: pages that are linked differ in their output and deletions alone.
EVERY_PAGE = 0


class File(msgspec.Struct, frozen=True):
    """A finished file."""

    name: str
    type: str
    part: Part
    count: int
    size: int
    sha256: str
    page: int
    """The manifest page it appears on, from 1, or ``EVERY_PAGE``."""


class State(msgspec.Struct, kw_only=True):
    """What is finished. A file is in it if and only if it is whole and lasting."""

    position: int
    at: int
    """The transactionTime, microseconds."""
    walk: int = 0
    """Walks that are done."""
    start: int = 0
    """The vid up to which nothing of the present walk is missing in the files."""
    after: dict[str, int] = {}
    """Type -> the vid, beyond ``start``, up to which its files reach."""
    pages: int = 0
    files: list[File] = []

    @property
    def count(self) -> int:
        """Resources in the files."""
        return sum(file.count for file in self.files if file.part is Part.OUTPUT)

    def kept(self) -> dict[str, Any]:
        """For the job's record."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


def begun(moment: Moment) -> State:
    """Nothing is done yet."""
    return State(position=moment.position, at=moment.at)


def state_of(kept: dict[str, Any]) -> State:
    """What ``State.kept`` gave."""
    return msgspec.convert(kept, State)
