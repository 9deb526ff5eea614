"""The table that ends a load or a mapping, in the user's language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from conformance.issues import Severity
from fhir_server.bulk.tally import Tally
from fhir_server.cli import messages
from fhir_server.cli.language import say, user_language

#: Heading of each line, by language.
_WORDS = {
    "en": {
        "envelopes": "envelopes",
        "visits": "visits",
        "rows": "rows",
        "resources": "resources written",
        "unchanged": "unchanged",
        "deleted": "deleted",
        "issues": "issues",
        "seconds": "seconds",
        "rate": "visits per second",
        "repeated": "loaded before",
        "fatal": "fatal",
        "error": "error",
        "warning": "warning",
        "information": "information",
    },
    "vi": {
        "envelopes": "tệp hồ sơ",
        "visits": "lượt khám",
        "rows": "dòng",
        "resources": "tài nguyên đã ghi",
        "unchanged": "không đổi",
        "deleted": "đã xóa",
        "issues": "vấn đề",
        "seconds": "giây",
        "rate": "lượt khám mỗi giây",
        "repeated": "đã nạp trước đó",
        "fatal": "nghiêm trọng",
        "error": "lỗi",
        "warning": "cảnh báo",
        "information": "thông tin",
    },
}


def table(tally: Tally, language: str = "") -> str:
    """What a run did, as aligned lines of plain text."""
    rows = list(_rows(tally, _WORDS[language or user_language()]))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def tell_where(tally: Tally, issues: Path | None, again: str = "") -> None:
    """How to see the issues that were counted, on standard error, when they were not written anywhere."""
    if issues is None and any(tally.issues.values()):
        typer.echo(say(messages.WHERE, again=again), err=True)


def _rows(tally: Tally, words: dict[str, str]) -> Iterator[tuple[str, str]]:
    yield words["envelopes"], str(tally.envelopes)
    yield (
        words["visits"],
        f"{tally.visits} ({tally.repeated} {words['repeated']})" if tally.repeated else str(tally.visits),
    )
    yield words["rows"], _counted(tally.rows)
    yield words["resources"], f"{sum(tally.resources.values())}"
    yield from ((f"  {name}", str(count)) for name, count in sorted(tally.resources.items()))
    yield words["unchanged"], str(tally.unchanged)
    if tally.deleted:
        yield words["deleted"], str(tally.deleted)
    yield words["issues"], ", ".join(f"{tally.issues[severity]} {words[severity]}" for severity in Severity)
    yield words["seconds"], f"{tally.seconds:.1f}"
    yield words["rate"], f"{tally.rate:.0f}"


def _counted(rows: dict[str, int]) -> str:
    parts = ", ".join(f"{name} {count}" for name, count in sorted(rows.items()))
    return f"{sum(rows.values())} ({parts})" if rows else "0"
