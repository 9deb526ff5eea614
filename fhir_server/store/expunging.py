"""Expunging: the content of versions is removed for good. https://hl7.org/fhir/R4/http.html#history

What is left of a version is its place: type, id, versionId, position and time, so that no versionId is ever given
again and numbers still follow each other. Nothing reads it but the engine itself, checks and migrations.
Engines that can do it are ``Expungeable``; the others refuse it by not having the methods.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from fhir_server.store.protocol import Store, Version


class Wanted(NamedTuple):
    """Which versions are to go: of these types (none: all), this id and versionId ("" and 0: all of them)."""

    types: tuple[str, ...] = ()
    id: str = ""
    version_id: int = 0
    previous: bool = False
    """Versions that are not current, of whatever resource."""
    deleted: bool = False
    """Every version of resources that are deleted now."""
    live: bool = False
    """Every version of every resource."""

    def chosen(self, versions: Sequence[Version]) -> list[Version]:
        """Those of a key's versions that are to go. They are all that it has, in the order of versionId."""
        *before, current = versions
        if self.live or (self.deleted and not current.has_content):
            found = [*before, current]
        else:
            found = before if self.previous else []
        return [version for version in found if self.version_id in (0, version.version_id)]


@runtime_checkable
class Expungeable(Store, Protocol):
    """A store from which versions can be removed."""

    def expungeable(self, wanted: Wanted) -> AsyncIterator[list[Version]]:
        """The versions that are to go, without their bodies; those of one key in one chunk, by versionId.

        What has been expunged is not among them. Reading them holds up no writer.
        """
        ...

    async def expunge(self, versions: Sequence[Version], wanted: Wanted) -> int:
        """Remove the content and the index entries of these versions; how many that were.

        What must hold of each, judged in the lock: it is ``wanted``, as its key stands then; it has not been expunged;
        no position in ``HOLDS`` sees it; and a current one goes only as the last of its key. Those for which it does
        not hold are left. All others go together or none does; on return that is durable when the engine declares it.
        No stamp changes and no version is made. From then on searches and other reads at an older position that saw
        such a version are ``Gone``, also when they began before; history and ``vread`` know it no more. A live version
        that goes is found by nobody any more: a walk that is under way ends without it.
        """
        ...


class Kept(NamedTuple):
    """A version that is left of a key, and the position that ended it (None: it is current)."""

    version: Version
    ended: int | None


def going(kept: Sequence[Kept], asked: Collection[int], wanted: Wanted, held: Sequence[int]) -> list[Kept]:
    """The versions of a key that go, of those whose vids are asked for.

    ``kept``: all that is left of the key, by versionId; ``held``: the positions that open work reads.
    """
    chosen = {version.vid for version in wanted.chosen([one.version for one in kept])} if kept else set()
    found: list[Kept] = []
    for one in kept:
        may_go = not held and len(found) == len(kept) - 1 if one.ended is None else not _is_held(one.ended, held)
        if may_go and one.version.vid in chosen and one.version.vid in asked:
            found.append(one)
    return found


def _is_held(ended: int, held: Sequence[int]) -> bool:
    return any(position < ended for position in held)


def greatest_end(kept: Sequence[Kept]) -> int:
    """The position before which nothing is read any more when these versions go."""
    return max((one.ended or 0 for one in kept), default=0)
