"""Indexing anew: other entries for versions as they stand, where the search parameters have changed.

Engines that can do it are ``Reindexable``; the others refuse it by not having the method.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from fhir_server.store.protocol import Record, Store, Version, Write


class Reindexed(NamedTuple):
    """A stored version and the write that makes its content, with the entries that it is to have."""

    version: Version
    write: Write


@runtime_checkable
class Reindexable(Store, Protocol):
    """A store whose entries can be replaced."""

    async def reindex(self, versions: Sequence[Reindexed], given: Sequence[Record] = ()) -> int | None:
        """Replace the entries of those versions that are current and live; how many that were.

        No version is made, no stamp changes; searches at older positions that see such a version find it by its new
        entries too. All of them are replaced or none; on return that is durable when the engine declares it.
        ``given``: records that must be just so in the lock (None: absent); otherwise nothing is replaced, and None
        comes back. So a worker that was taken for dead cannot put older entries back.
        """
        ...
