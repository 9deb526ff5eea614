"""One HOSO -> its source records: the bytes of a claim read as far as they can be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mappers.bhyt_xml import messages
from mappers.bhyt_xml.extract.content import Found, Part, label_of, parts
from mappers.bhyt_xml.extract.findings import Findings
from mappers.bhyt_xml.extract.records import Record, read_record
from mappers.bhyt_xml.extract.table import count_rows, read_rows
from mappers.bhyt_xml.schema.tables import TABLES, UNREAD_ROW_TAGS
from mappers.units import Raw

_UNREAD_ROWS: Mapping[str, str] = {table: tag for tag, table in UNREAD_ROW_TAGS.items()}
#: Any text between two tags.
_FILLED = re.compile(r">\s*(?:<!\[CDATA\[\s*)?[^<\s\]]")


@dataclass(slots=True)
class Claim:
    """The records of one claim by table, and how many rows each table had, read or not."""

    records: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in TABLES})
    counts: dict[str, int] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    """Tables of which some rows could not be read: their sums prove nothing."""

    @property
    def summary(self) -> Record | None:
        """The XML1 record, or None."""
        return self.records["XML1"][0] if self.records["XML1"] else None


def read_claim(raw: Raw, findings: Findings) -> Claim:
    """All records of one claim; whatever is wrong is in ``findings``."""
    claim = Claim()
    for part in parts(raw.content, raw.header.get("encoding", "utf-8")):
        _read_part(claim, part, findings)
    _check_tables(claim, findings)
    return claim


def _read_part(claim: Claim, part: Part, findings: Findings) -> None:
    name = _name(part, findings)
    _note(part.found, name, findings)
    if name in claim.counts:
        findings.add(messages.REPEATED_TABLE, name)
    table = TABLES.get(name)
    if part.text is None:
        claim.counts.setdefault(name, 0)
        claim.damaged.add(name)
    elif not part.text:
        claim.counts.setdefault(name, 0)
    elif table is None:
        _count_unread(claim, name, part.text, findings)
    else:
        offset = len(claim.records[name])
        result = read_rows(part.text, table)
        _note(result.found, name, findings)
        rows = [read_record(table, offset + number, items, findings) for number, items in result.rows]
        claim.records[name] += rows
        lost = sum(found.message in (messages.ROW_NOT_XML, messages.NOT_XML) for found in result.found)
        claim.damaged |= {name} if lost else set()
        claim.counts[name] = claim.counts.get(name, 0) + len(rows) + max(lost - 1, 0)


def _name(part: Part, findings: Findings) -> str:
    """The table's name by its content where that is known, else by its label."""
    label = f"XML{part.label}" if part.label.isdigit() else part.label
    content = label_of(part.text) if part.text else ""
    if content and label and content != label:
        findings.add(messages.WRONG_LABEL, content, field="LOAIHOSO", value=label, found=content)
    return content or label or "XML?"


def _note(found: tuple[Found, ...] | list[Found], table: str, findings: Findings) -> None:
    for entry in found:
        findings.add(entry.message, table, entry.row, entry.field, entry.value, **dict(entry.params))


def _count_unread(claim: Claim, name: str, text: str, findings: Findings) -> None:
    """Rows under other names count as one: what is there must not pass for an empty table (XML6 tells of HIV)."""
    count = count_rows(text, _UNREAD_ROWS.get(name)) or int(_FILLED.search(text) is not None)
    claim.counts[name] = claim.counts.get(name, 0) + count
    findings.add(messages.UNREAD_TABLE, name, count=count)


def _check_tables(claim: Claim, findings: Findings) -> None:
    for name in TABLES:
        if claim.counts.get(name) == 0 and name not in claim.damaged:
            findings.add(messages.EMPTY_TABLE, name)
    if claim.summary is None:
        findings.add(messages.MISSING_XML1, "XML1", count=sum(claim.counts.values()))
    for extra in claim.records["XML1"][1:]:
        findings.add(messages.SECOND_SUMMARY, "XML1", extra.row, "MA_LK", extra.sent.get("MA_LK", ""))
    del claim.records["XML1"][1:]
