"""Progress on standard error: a bar on a terminal, an occasional plain line elsewhere, nothing within a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from fhir_server.cli.language import user_language

#: Called with what is done so far, and the total when it is known.
Report: TypeAlias = Callable[[int, int | None], None]

PATIENCE = 1.0
"""Seconds before anything is shown."""
INTERVAL = 5.0
"""Seconds between plain lines."""
_UNITS = {"resources": "tài nguyên", "versions": "phiên bản", "visits": "lượt khám"}
"""What is counted, in Vietnamese."""


@contextmanager
def progress(title: str, unit: str = "") -> Iterator[Report]:
    """A reporter for one job named ``title``; ``unit`` is what it counts."""
    unit = _UNITS.get(unit, unit) if user_language() == "vi" else unit
    if sys.stderr.isatty():
        with _bar(title, unit) as report:
            yield report
    else:
        yield _lines(title, unit)


def _lines(title: str, unit: str) -> Report:
    started = time.monotonic()
    due = started + PATIENCE

    def report(done: int, total: int | None) -> None:
        nonlocal due
        now = time.monotonic()
        if now >= due:
            due = now + INTERVAL
            of = f"/{total}" if total else ""
            counted = f"{done}{of} {unit}".rstrip()
            sys.stderr.write(f"{title}: {counted}, {now - started:.0f} s\n")
            sys.stderr.flush()

    return report


@contextmanager
def _bar(title: str, unit: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    # What a command prints meanwhile goes above the bar on a terminal, and past it into a file.
    above = sys.stdout.isatty()
    bar = Progress(
        *columns, TextColumn(unit), TimeElapsedColumn(), console=console, transient=True, redirect_stdout=above
    )
    task = bar.add_task(title, total=None)
    due = time.monotonic() + PATIENCE

    def report(done: int, total: int | None) -> None:
        bar.update(task, completed=done, total=total)
        if not bar.live.is_started and time.monotonic() >= due:
            bar.start()

    try:
        yield report
    finally:
        bar.stop()
