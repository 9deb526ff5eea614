"""The table that ends a load or a mapping."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.issues import Severity
from fhir_server.bulk.tally import Tally


def table(tally: Tally) -> str:
    """What a run did, as aligned lines of plain text."""
    rows = list(_rows(tally))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _rows(tally: Tally) -> Iterator[tuple[str, str]]:
    yield "envelopes", str(tally.envelopes)
    yield "visits", _visits(tally)
    yield "rows", _counted(tally.rows)
    yield "resources written", f"{sum(tally.resources.values())}"
    yield from ((f"  {name}", str(count)) for name, count in sorted(tally.resources.items()))
    yield "unchanged", str(tally.unchanged)
    if tally.deleted:
        yield "deleted", str(tally.deleted)
    yield "issues", ", ".join(f"{tally.issues[severity]} {severity}" for severity in Severity)
    yield "seconds", f"{tally.seconds:.1f}"
    yield "visits per second", f"{tally.rate:.0f}"


def _visits(tally: Tally) -> str:
    return f"{tally.visits} ({tally.repeated} loaded before)" if tally.repeated else str(tally.visits)


def _counted(rows: dict[str, int]) -> str:
    parts = ", ".join(f"{name} {count}" for name, count in sorted(rows.items()))
    return f"{sum(rows.values())} ({parts})" if rows else "0"
