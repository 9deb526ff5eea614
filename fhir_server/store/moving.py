"""Moving between engines: every version with its own stamp, read from one store and written to another.

Engines that can do it are ``Movable``; the others refuse it by not having these methods.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, Protocol, runtime_checkable

from conformance.errors import Conflict
from fhir_server.store.judgement import State
from fhir_server.store.messages import NOT_NEXT
from fhir_server.store.protocol import Op, Record, Store, Version, Write


class Restored(NamedTuple):
    """A version as another store has it, and the write with which this one would store its content."""

    version: Version
    write: Write


@runtime_checkable
class Movable(Store, Protocol):
    """A store that can be read and written whole."""

    def versions(self, after: int, position: int) -> AsyncIterator[list[Version]]:
        """Every version that was made at or before ``position``, with a vid greater than ``after``, in ascending vid.

        Replaced ones, deletions and what is left of expunged ones are among them. A chunk holds few versions when they
        are large, one at least.
        """
        ...

    async def spaces(self) -> list[str]:
        """The spaces that hold records, in order."""
        ...

    async def restore(self, versions: Sequence[Restored], records: Sequence[Record] = ()) -> None:
        """Write versions with the versionId, lastUpdated and operation that they have, and records, all or nothing.

        They come in commit order; neighbours of one position get one position here too, so no unit may be split over
        two calls. Vids and positions are this store's own. What must hold: each versionId is one more than the current
        one of its key, the operation fits the state before it, and no version is older than any that this store has.
        Otherwise ``Conflict``, and nothing is written. On return they are durable when the engine declares it.
        """
        ...


def units_of(versions: Sequence[Restored]) -> Iterator[list[Restored]]:
    """What shares a position."""
    for _, unit in groupby(versions, key=lambda one: one.version.position):
        yield list(unit)


def require_next(one: Restored, state: State, newest: int) -> None:
    """Raise Conflict unless the version may follow this state of its key in a store whose newest is of ``newest``."""
    version, write = one
    is_free = Op.EXPUNGED in (version.op, state.op)  # What an expunged version was is not known.
    fits = is_free or (state.is_live if version.is_deleted else version.op is state.op_of(write))
    if (
        version.version_id != state.version_id + 1
        or version.last_updated < newest
        or version.has_content != (write.body is not None)
        or not fits
    ):
        raise Conflict.of(NOT_NEXT, key=version.key, version=version.version_id, current=state.version_id)
