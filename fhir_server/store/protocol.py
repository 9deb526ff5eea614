"""The store: what every engine promises, as an interface.

Words. A *key* is (type, id). Each stored state of a key is a *version* with a versionId counting 1, 2, 3 … without
gaps, and a *vid* that grows in commit order over the whole store. Each commit has a *position*, also growing. A version
is visible at a position p when it was made at or before p and not ended (replaced) at or before p.

The writer stamps position, versionId and lastUpdated inside its lock; lastUpdated never goes back in commit order.
An update whose digest equals the current version's makes no version.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import NamedTuple, Protocol, TypeAlias

from fhir_server.store.entries import Entry
from fhir_server.store.query import ALL, Predicate, Query


class Promise(StrEnum):
    """A level that an engine declares; the contract suite holds it to each."""

    ATOMIC = "atomic"
    """A unit is applied whole or not at all, also when the engine fails midway."""
    DURABLE = "durable"
    """What ``transact`` returned survives kill -9 and power loss."""
    MULTI_PROCESS = "multi-process"
    """Several processes may read and write the same store."""
    SNAPSHOT = "snapshot"
    """Reads at a position do not change whatever is written meanwhile, within the paging horizon."""


class Key(NamedTuple):
    """Identity of a resource."""

    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.type}/{self.id}"


class Op(IntEnum):
    """What made a version. The numbers are stored: never renumber."""

    CREATE = 1
    UPDATE = 2
    DELETE = 3
    EXPUNGED = 4
    """Whatever it was, its content has been removed; what is left keeps its versionId from being given again."""


class Body(NamedTuple):
    """Resource JSON cut at the place of the stamp: inside ``meta``, before its other members.

    ``head`` ends with ``"meta":{`` and ``tail`` begins with ``}`` or with ``,`` and the next member of ``meta``.
    """

    head: bytes
    tail: bytes

    def stamped(self, version_id: int, last_updated: int) -> bytes:
        """The JSON bytes with versionId and lastUpdated (microseconds since 1970 UTC) in place."""
        return b'%b"versionId":"%d","lastUpdated":"%b"%b' % (self.head, version_id, instant(last_updated), self.tail)


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  always UTC; without an offset it prints faster


@lru_cache(maxsize=4096)
def instant(microseconds: int) -> bytes:
    """A FHIR instant in UTC with millisecond precision, such as ``2026-11-21T03:04:05.678Z``.

    Kept for a while: versions of one commit share theirs.
    """
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return b"%bZ" % moment.isoformat(timespec="milliseconds").encode()


class Version(NamedTuple):
    """One stored state. ``body`` is the stamped JSON, empty for a deletion. ``last_updated`` is in microseconds."""

    key: Key
    version_id: int
    vid: int
    position: int
    last_updated: int
    op: Op
    body: bytes

    @property
    def is_deleted(self) -> bool:
        """True for the version that a delete made."""
        return self.op is Op.DELETE

    @property
    def has_content(self) -> bool:
        """True unless it was made by a delete, or has been expunged."""
        return self.op < Op.DELETE


class Expect(IntEnum):
    """What a write asks of the current state, besides a versionId (a positive int)."""

    ANY = 0
    ABSENT = -1
    """No live resource under this key: never created, or deleted."""


@dataclass(frozen=True, slots=True)
class Write:
    """One change. A delete has no body, entries or digest; deleting what is not there changes nothing."""

    key: Key
    body: Body | None
    entries: tuple[Entry, ...] = ()
    digest: bytes = b""
    """Of the content without its stamp; equal digests mean that nothing changed. Empty: always a new version."""
    expect: int = Expect.ANY
    """``Expect.ANY``, ``Expect.ABSENT``, or the versionId that must be current (also a deletion's)."""
    labels: tuple[str, ...] = ()
    """Access labels, kept in a column beside the bytes and findable by ``query.Labelled``."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition judged in the lock: the query's matches are exactly ``expected`` (None: it has no match).

    The guards of a unit are judged before its writes, on the state that earlier units leave.
    """

    query: Query
    expected: Key | None


class Record(NamedTuple):
    """A value kept beside the resources, outside FHIR (raw sources, load ledger, settings). None removes it."""

    space: str
    name: str
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Unit:
    """What happens together: every guard holds and every write is made, or nothing is. No key occurs twice."""

    writes: tuple[Write, ...] = ()
    guards: tuple[Guard, ...] = ()
    records: tuple[Record, ...] = ()
    given: tuple[Record, ...] = ()
    """Records that must be just so (None: absent) on the state that earlier units leave: a compare-and-set."""


class Written(NamedTuple):
    """The outcome of one write. Without a change it names the version that was already current (0 if none)."""

    key: Key
    version_id: int
    last_updated: int
    position: int
    op: Op
    changed: bool


class RefusalReason(StrEnum):
    """Why a unit was not applied."""

    VERSION = "version"
    """Another version is current than the write expected."""
    EXISTS = "exists"
    """The write expected no live resource, and there is one."""
    GUARD = "guard"
    """A guard did not hold."""
    RECORD = "record"
    """A record is not as it was given."""
    HOLD = "hold"
    """A record in ``HOLDS`` asks for a position that saw something which has been expunged since."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A unit that was not applied, and the first write or guard that stood in the way."""

    reason: RefusalReason
    key: Key | None
    """Of the write, or the first match of the guard's query (None when it has none, and for a record)."""
    current: int
    """versionId that is current (of the deletion when deleted), 0 when there is none, for guards and records."""
    index: int
    """Place of the write, guard or record in its unit."""


Outcome: TypeAlias = tuple[Written, ...] | Refusal


#: Space of records by which open work keeps positions searchable: the values are positions as decimal text.
HOLDS = "hold"


def held_position(record: Record) -> int | None:
    """The position that a record keeps searchable; None when it keeps none."""
    return int(record.value) if record.space == HOLDS and record.value is not None else None


def hold_obstacle(unit: Unit, expunged: Callable[[], int]) -> Refusal | None:
    """The refusal of a hold that comes too late: positions before ``expunged`` are gone."""
    for index, record in enumerate(unit.records):
        position = held_position(record)
        if position is not None and position < expunged():
            return Refusal(RefusalReason.HOLD, None, 0, index)
    return None


class Moment(NamedTuple):
    """A position, and the time up to which it holds everything: what is committed later is stamped after ``at``."""

    position: int
    at: int
    """Microseconds since 1970 UTC, a whole millisecond."""


class Cursor(NamedTuple):
    """Where another page begins; opaque to callers, safe to print: the rest is made by the engine from scalars."""

    position: int
    after: tuple[str | int | None, ...]
    backward: bool = False
    """True when the page ends before that place instead of beginning after it."""


class Page(NamedTuple):
    """A run of matches in order, seen at one position; where the next begins and the one before ends, if any."""

    versions: tuple[Version, ...]
    position: int
    next: Cursor | None = None
    previous: Cursor | None = None


class Store(Protocol):
    """An engine. Times are microseconds since 1970 UTC. Driver errors come out as ``conformance.errors``.

    Reads take ``position``: None means the latest readable one. Versions stay readable at any position, unless what it
    saw has been expunged since: ``Gone`` (see ``store.expunging``). Searching and counting raise ``Gone`` when it lies
    before the paging horizon. A record in the space ``HOLDS`` keeps the horizon from passing its position, and what
    the position sees from being expunged; a unit that would make one for a position that is gone is refused.
    """

    name: str
    """What the engine is called: its URL scheme."""
    promises: frozenset[Promise]

    async def close(self) -> None:
        """Wait for writes in flight, then release everything. The store is not used afterwards."""
        ...

    async def tidy(self) -> None:
        """Do the housekeeping that is due: positions before the paging horizon expire, space and speed come back.

        Engines also do it by themselves from time to time.
        """
        ...

    async def position(self) -> int:
        """The latest position that a read may use; it covers every write that was acknowledged before the call."""
        ...

    async def settle(self) -> Moment:
        """A position and its time, such that what was stamped at or before that time is just what the position sees.

        It covers every write that was acknowledged before the call.
        """
        ...

    async def read(self, key: Key, position: int | None = None) -> Version | None:
        """The version visible at ``position``, a deletion included; None when the key was never written."""
        ...

    async def read_many(self, keys: Sequence[Key], position: int | None = None) -> list[Version]:
        """Visible, live versions of these keys, in no set order; what is missing or deleted is left out."""
        ...

    async def vread(self, key: Key, version_id: int) -> Version | None:
        """Exactly this version, a deletion included; None when there is none."""
        ...

    async def history(
        self,
        types: tuple[str, ...],
        id: str | None,
        *,
        limit: int,
        since: int | None = None,
        during: tuple[int, int] | None = None,
        cursor: Cursor | None = None,
    ) -> Page:
        """Versions newest first (descending vid), deletions included, of a key, of types, or (no types) of all.

        ``since``: only versions with lastUpdated at or after it. ``during``: only versions that were current at some
        moment of this period, its end excluded, and deletions made in it. The cursor holds the first page's position.
        """
        ...

    async def search(
        self, query: Query, *, limit: int, position: int | None = None, cursor: Cursor | None = None
    ) -> Page:
        """At most ``limit`` live matches at a position, in the order of the query. A cursor carries its own position.

        Walking the pages, forward or back, gives each match exactly once whatever is written meanwhile. ``Gone`` when
        the position lies before the paging horizon; ``TooCostly`` when the engine refuses the query, never a partial
        answer.
        """
        ...

    async def count(self, query: Query, position: int | None = None) -> int:
        """The exact number of matches at a position."""
        ...

    def scan(
        self,
        types: tuple[str, ...],
        position: int,
        *,
        where: Predicate = ALL,
        after: int = 0,
        since: int | None = None,
        deleted: bool = False,
    ) -> AsyncIterator[list[Version]]:
        """All live versions visible at ``position`` (of every type when none is named), in chunks, ascending vid.

        A chunk holds few versions when they are large, one at least. Only versions that satisfy ``where``, with a vid
        greater than ``after``, and lastUpdated at or after ``since``. With ``deleted`` the deletions that are visible
        instead; these satisfy no ``where`` but ALL. ``Gone`` as a search, when there is a ``where``.
        """
        ...

    async def counts(self) -> dict[str, int]:
        """Live resources by type, now."""
        ...

    async def transact(self, units: Sequence[Unit]) -> list[Outcome]:
        """Apply units in order, each whole or not at all; an outcome per unit.

        Later units see earlier ones. Units of one call and of concurrent calls may share a commit. On return the
        applied ones are durable when the engine declares it. Duplicate keys inside a unit raise ValueError.
        """
        ...

    async def readied(self, writes: Sequence[Write]) -> list[Write]:
        """What stands for these writes in units of this store: what can be done before their turn is done.

        So it is not done while others wait. It is lost when they are never transacted; nothing else is. What is given
        back has their keys; it may have neither body nor entries to look at.
        """
        ...

    async def record(self, space: str, name: str) -> bytes | None:
        """The value kept under this name, or None."""
        ...

    def records(self, space: str) -> AsyncIterator[tuple[str, bytes]]:
        """Every name and value of a space, by ascending name."""
        ...
