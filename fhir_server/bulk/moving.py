"""Moving a store into another engine: every version with its history, stamps, deletions, and the records beside them.

How far it came is kept in the target with each batch, so a migration that was killed goes on where it was. At the end
both stores are read side by side and compared version by version.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

import msgspec

from conformance.errors import Conflict
from conformance.json_codec import decode
from fhir_server.bulk.messages import OTHER_ORIGIN, TARGET_IN_USE
from fhir_server.installation import SPACE as INSTALLATION
from fhir_server.jobs.job import SPACE as JOBS
from fhir_server.repository.prepare import prepare
from fhir_server.search import Indexer
from fhir_server.store.moving import Movable, Restored
from fhir_server.store.protocol import HOLDS, Body, Record, Version, Write, instant

SPACE = "migration"
_NAME = "state"
#: Work of the source's own, which means nothing elsewhere.
LEFT = frozenset({JOBS, HOLDS, SPACE})
#: Versions, and bytes of them, that one commit takes at least when there are so many.
_BATCH, _BATCH_BYTES = 1_000, 8 * 1024 * 1024
_RECORDS = 200
#: Differences that are told one by one.
_TOLD = 20

#: Called with the versions that are done, and how many there are.
Report: TypeAlias = Callable[[int, int | None], None]


class _State(msgspec.Struct, frozen=True):
    """What a target keeps: the store that it came from, and the vid there up to which it is whole."""

    origin: str
    after: int


class Moved(NamedTuple):
    """The outcome. ``differing`` are the first versions that the two stores do not share."""

    versions: int
    deletions: int
    records: int
    live: dict[str, int]
    differing: list[str]
    is_behind: bool
    """The source was written meanwhile: the same command again brings the rest."""


async def migrate(source: Movable, target: Movable, indexer: Indexer, report: Report) -> Moved:
    """Bring ``target`` to the state of ``source``; a target that is not empty must come from the same source.

    Raises Conflict for any other target, and when something else writes into it.
    """
    state = await _begun(source, target)
    position = await source.position()
    async for batch in _batches(source, state.after, position):
        state = _State(state.origin, batch[-1].vid)
        restored = [Restored(version, _write(version, indexer)) for version in batch]
        await target.restore(restored, (Record(SPACE, _NAME, msgspec.json.encode(state)),))
        report(state.after, position)
    spaces = {*await source.spaces(), *await target.spaces()} - LEFT
    records = [await _move_records(source, target, space) for space in sorted(spaces)]
    versions, deletions, differing = await _compared(source, target, position, report)
    behind = await source.position() != position
    if not behind and await source.counts() != await target.counts():
        differing.append("counts")
    return Moved(versions, deletions, sum(records), await target.counts(), differing, behind)


async def _begun(source: Movable, target: Movable) -> _State:
    """The state of the target, written when it is new."""
    origin = await _origin(source)
    kept = await target.record(SPACE, _NAME)
    if kept is None and (await target.position() or await target.spaces()):
        raise Conflict.of(TARGET_IN_USE)
    state = msgspec.json.decode(kept, type=_State) if kept else _State(origin, 0)
    if state.origin != origin:
        raise Conflict.of(OTHER_ORIGIN)
    if kept is None:
        await target.restore((), (Record(SPACE, _NAME, msgspec.json.encode(state)),))
    return state


async def _origin(source: Movable) -> str:
    """What tells a store from others: its installation and its first version."""
    found = blake2b(digest_size=16)
    async for name, value in source.records(INSTALLATION):
        found.update(b"%b=%b;" % (name.encode(), value))
    async for chunk in source.versions(0, await source.position()):
        found.update(repr((*chunk[0].key, chunk[0].last_updated)).encode())
        break
    return found.hexdigest()


async def _batches(source: Movable, after: int, position: int) -> AsyncIterator[list[Version]]:
    """The versions in commits of the target: no unit is split."""
    waiting: list[Version] = []
    async for chunk in source.versions(after, position):
        for version in chunk:
            if _is_full(waiting) and version.position != waiting[-1].position:
                yield waiting
                waiting = []
            waiting.append(version)
    if waiting:
        yield waiting


def _is_full(versions: Sequence[Version]) -> bool:
    return len(versions) >= _BATCH or (
        len(versions) % 50 == 49 and sum(len(version.body) for version in versions) >= _BATCH_BYTES
    )


def _write(version: Version, indexer: Indexer) -> Write:
    """The write with the very bytes of the version, its stamp taken out."""
    if not version.has_content:
        return Write(version.key, None)
    write = prepare(decode(version.body), indexer)
    stamp = b'"versionId":"%d","lastUpdated":"%b"' % (version.version_id, instant(version.last_updated))
    head, _, tail = version.body.partition(stamp)
    return Write(version.key, Body(head, tail), write.entries, write.digest, labels=write.labels)


# Records


async def _move_records(source: Movable, target: Movable, space: str) -> int:
    """Make the records of a space the same; how many there are."""
    count, changes = 0, []
    async for name, value in source.records(space):
        count += 1
        if await target.record(space, name) != value:
            changes.append(Record(space, name, value))
        if len(changes) >= _RECORDS:
            await target.restore((), changes)
            changes = []
    async for name, _ in target.records(space):
        if await source.record(space, name) is None:
            changes.append(Record(space, name, None))
    await target.restore((), changes)
    return count


# Comparing


async def _compared(source: Movable, target: Movable, position: int, report: Report) -> tuple[int, int, list[str]]:
    """Versions and deletions of the source, and the first versions that the target has otherwise."""
    other = _each(target, await target.position())
    versions, deletions = 0, 0
    differing: list[str] = []
    async for version in _each(source, position):
        same = await anext(other, None)
        versions += 1
        deletions += version.is_deleted
        if (same is None or _content(same) != _content(version)) and len(differing) < _TOLD:
            differing.append(f"{version.key}/_history/{version.version_id}")
        if versions % _BATCH == 0:
            report(versions, position)
    extra = await anext(other, None)
    if extra is not None:
        differing.append(f"{extra.key}/_history/{extra.version_id}")
    return versions, deletions, differing


async def _each(store: Movable, position: int) -> AsyncIterator[Version]:
    async for chunk in store.versions(0, position):
        for version in chunk:
            yield version


def _content(version: Version) -> tuple[object, ...]:
    return version.key, version.version_id, version.last_updated, version.op, version.body
