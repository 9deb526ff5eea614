"""Walks: what is read from the store in one go, and what becomes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from fhir_server.bulk.exporting.state import Part
from fhir_server.store.protocol import Version
from fhir_server.store.query import ALL, Predicate

#: From versions to the versions that are meant.
Choose: TypeAlias = Callable[[Sequence[Version]], Awaitable[list[Version]]]
#: From versions of one type to what the encoder of their file writes: lines, or the versions themselves.
Shape: TypeAlias = Callable[[Sequence[Version]], Awaitable[Sequence[Any]]]


async def whole(versions: Sequence[Version]) -> list[bytes]:
    """Resources as they are stored."""
    return [version.body for version in versions]


@dataclass(frozen=True, slots=True)
class Walk:
    """Versions of types (none: all) in commit order. Times are microseconds."""

    types: tuple[str, ...] = ()
    where: Predicate = ALL
    since: int | None = None
    """From this moment on."""
    until: int | None = None
    """Before this moment."""
    part: Part = Part.OUTPUT
    into: str = ""
    """The type of all that comes out; "" when each keeps its own."""
    choose: Choose | None = None
    shape: Shape = whole

    @property
    def deleted(self) -> bool:
        """True when deletions are sought."""
        return self.part is Part.DELETED
