"""Processes below another one."""

from __future__ import annotations

from pathlib import Path


def descendants(pid: int) -> list[int]:
    """Depth first: the last one is the youngest child of a fork server, when there is one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def forked(pid: int) -> list[int]:
    """Those below it that came from a fork server, youngest last; other tests may have left servers of their own."""
    return [found for found in descendants(pid) if b"forkserver" in Path(f"/proc/{found}/cmdline").read_bytes()]
