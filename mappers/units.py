"""Shapes that every mapper shares: what it cuts out of a source, what it makes of it and what it has to say.

A mapper first cuts a source file into ``Raw`` pieces (cheap, in one process), then translates each into a ``Unit``
(all the work, in any process). Both are plain values that survive pickling. Bad data is never raised: it becomes a
``MapIssue`` with its place, and the raw bytes stay in the unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

from conformance.issues import Message
from terminology.names import Names

#: The keys of an issue line, in the order in which they are written.
ISSUE_KEYS = (
    "file", "hoso", "ma_lk", "table", "row", "field", "rule", "severity", "value", "text_vi", "text_en",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MapIssue:
    """One finding about a source. ``hoso`` and ``row`` count from 1; 0 and None mean the whole file or table."""

    file: str
    hoso: int
    ma_lk: str
    table: str
    row: int | None
    field: str
    rule: str
    severity: str
    value: str
    text_vi: str
    text_en: str

    @property
    def is_error(self) -> bool:
        """True for an error or worse."""
        return self.severity in ("error", "fatal")

    def as_dict(self) -> dict[str, Any]:
        """The issue as one JSON object, keys in the published order."""
        return {key: getattr(self, key) for key in ISSUE_KEYS}

    @classmethod
    def of(
        cls,
        message: Message,
        *,
        file: str,
        hoso: int = 0,
        ma_lk: str = "",
        table: str = "",
        row: int | None = None,
        field: str = "",
        value: str = "",
        **params: object,
    ) -> MapIssue:
        """An issue of the catalogue row ``message`` at this place; ``params`` fill the texts."""
        filled = {"value": value, "field": field, "table": table, **params}
        return cls(
            file, hoso, ma_lk, table, row, field, message.id, str(message.severity), value,
            message.vi.format_map(filled), message.en.format_map(filled),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MapContext:
    """What a translation needs from outside: the installation key of the ids, the names and the zone of local times."""

    key: bytes
    names: Names = field(default_factory=Names)
    zone: str = "+07:00"
    recorded: str | None = None
    """Instant for Provenance.recorded; None takes the day on which the source file was made, so that a run repeats."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One piece of a source file, not yet understood: for claims the bytes of one HOSO."""

    file: str
    hoso: int
    header: Mapping[str, str]
    content: bytes
    complete: bool = True
    """False when the file ended, or the next piece began, before this one was closed."""


@dataclass(slots=True)
class Unit:
    """What came out of one piece: one visit with its resources, or only issues and the raw bytes."""

    key: str
    """Identity of the visit, the same whenever it is sent; of the bytes when no visit can be made."""
    digest: str
    """sha256 of the raw bytes, in hex."""
    submitted: str
    """When the source file was made (NGAYLAP, ``yyyymmdd`` or ``yyyymmddHHMM``), or empty."""
    resources: list[dict[str, Any]]
    """Resources that belong to this visit alone."""
    shared: list[dict[str, Any]]
    """Contributions to resources that many visits share; combine them by ``mappers.merge.merge``."""
    issues: list[MapIssue]
    source: bytes
    rows: dict[str, int]
    """Rows found, by table, read or not."""


class Mapper(Protocol):
    """A source format. Implementations are stateless and can be named in another process by ``name``."""

    @property
    def name(self) -> str:
        """The name by which commands choose this mapper."""

    def sniff(self, head: bytes) -> bool:
        """True when the first bytes of a file look like this format."""

    def split(self, stream: BinaryIO, file: str) -> Iterator[Raw | MapIssue]:
        """The pieces of a file in order, and what is wrong with the file as a whole; memory does not grow with it."""

    def translate(self, raw: Raw, context: MapContext) -> Unit:
        """The unit of one piece. Pure: the same input gives the same unit."""
