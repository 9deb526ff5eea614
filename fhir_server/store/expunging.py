"""Expunging: the content of versions is removed for good. https://hl7.org/fhir/R4/http.html#history

What is left of a version is its place: type, id, versionId, position and time, so that no versionId is ever given
again and numbers still follow each other. Nothing reads it but the engine itself, checks and migrations.
Engines that can do it are ``Expungeable``; the others refuse it by not having the methods.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from fhir_server.store.protocol import Op, Store, Version


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

    async def expunge(self, versions: Sequence[Version], *, live: bool = False) -> int:
        """Remove the content and the index entries of these versions; how many that were.

        What must hold of each, judged in the lock: it has not been expunged; no position in ``HOLDS`` sees it; and a
        current one goes only as the last of its key, with a deletion always, with a live one only if ``live``. Those
        for which it does not hold are left. All others go together or none does; on return that is durable when the
        engine declares it. No stamp changes and no version is made. From then on searches and other reads at an older
        position that saw such a version are ``Gone``; history and ``vread`` know it no more.
        """
        ...


def in_order(versions: Sequence[Version]) -> list[Version]:
    """The versions in the order in which they may go: by key, and within a key by versionId."""
    return sorted(versions, key=lambda version: (version.key, version.version_id))


def may_go(*, op: Op, ended: int | None, others: int, held: Sequence[int], live: bool) -> bool:
    """Whether a version may go.

    ``ended``: the position that ended it, None when it is current; ``others``: how many more versions its key has;
    ``held``: the positions that open work reads.
    """
    if op is Op.EXPUNGED:
        return False
    if ended is not None:
        return ended <= min(held, default=ended)
    return not held and not others and (live or op is Op.DELETE)
