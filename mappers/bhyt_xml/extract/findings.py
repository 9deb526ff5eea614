"""Collects what reading and checking one claim found, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.issues import Message
from mappers.units import MapIssue

_LONGEST_VALUE = 200


@dataclass(slots=True)
class Findings:
    """The issues of one claim. The visit's MA_LK is known only in the end, so they are made then."""

    file: str
    hoso: int
    zone: str
    entries: list[tuple[Message, str, int | None, str, str, dict[str, object]]] = field(default_factory=list)

    def add(
        self,
        message: Message,
        table: str = "",
        row: int | None = None,
        field: str = "",
        value: object = "",
        **params: object,
    ) -> None:
        """Note a message at a place; long values are shortened, the raw bytes have them whole."""
        text = str(value)
        shown = text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
        self.entries.append((message, table, row, field, shown, params))

    def issues(self, ma_lk: str) -> list[MapIssue]:
        """All issues in the order of reading."""
        return [
            MapIssue.of(
                message,
                file=self.file,
                hoso=self.hoso,
                ma_lk=ma_lk,
                table=table,
                row=row,
                field=field,
                value=value,
                **params,
            )
            for message, table, row, field, value, params in self.entries
        ]
