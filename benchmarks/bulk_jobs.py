"""Mapping, loading and exporting made-up claims, each by the command that an operator would run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.processes import Ran, run
from benchmarks.result import Result

_MEGABYTE = 1_000_000


def measure(folder: Path, environment: Mapping[str, str], size: float) -> Iterator[Result]:
    """Rates of generate, map, load and export; memory and bytes on disk. The store is left for what follows."""
    visits = int(3000 * size)
    claims, store = folder / "claims", folder / "store"
    generated = run("generate", "--visits", visits, "--seed", 7, "--out", claims, environment=environment)
    size_in = _bytes(claims)
    what = f"{visits:,} visits in {len(list(claims.glob('*.xml'))):,} envelopes of {size_in / _MEGABYTE:.1f} MB in all"
    yield Result("generate", visits / generated.seconds, "visits/s", what)
    mapped = run("map", claims, "-o", folder / "out.ndjson", "--issues", folder / "m.ndjson", environment=environment)
    size_out = (folder / "out.ndjson").stat().st_size
    yield _rate("map", mapped, f"{what}, to {size_out / _MEGABYTE:.1f} MB NDJSON", ">= 300")
    yield Result("map, peak memory", mapped.memory / _MEGABYTE, "MB", "all processes, shared pages counted once")
    loaded = run("load", claims, "--issues", folder / "l.ndjson", environment=environment)
    resources = _written(loaded)
    yield _rate("load", loaded, f"{what}, mapped, validated, {resources:,} resources stored durably", ">= 75")
    yield Result("load, peak memory", loaded.memory / _MEGABYTE, "MB", "all processes, shared once", "< 300")
    again = run("load", claims, environment=environment)
    yield _rate("load again", again, f"{what}, all known")
    stored = _bytes(store)
    yield Result(
        "stored", stored / resources, "bytes/resource", f"{stored / _MEGABYTE:.1f} MB, index and raw sources in"
    )


def _rate(name: str, done: Ran, what: str, goal: str = "") -> Result:
    """Visits a second of the whole command, start-up included."""
    found = re.search(r"^visits +(\d+)", done.output, re.MULTILINE)
    if not found or done.code not in (0, 3):
        raise RuntimeError(done.output)
    return Result(name, int(found[1]) / done.seconds, "visits/s", f"{what}; start-up included", goal)


def _written(done: Ran) -> int:
    found = re.search(r"^resources written +(\d+)", done.output, re.MULTILINE)
    return int(found[1]) if found else 0


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
