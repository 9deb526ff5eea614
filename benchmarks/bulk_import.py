"""Bulk import: resources a second, by how much is checked of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.processes import run
from benchmarks.result import Result

_MEGABYTE = 1_000_000
#: Level, and resources a second to reach.
_LEVELS = {"off": ">= 5,000", "structure": ">= 2,500", "enforce": ">= 2,500"}


def measure(folder: Path, environment: Mapping[str, str], size: float) -> Iterator[Result]:
    """Imports of mapped claims into stores of their own: the whole command, its start included."""
    claims, file = folder / "import-claims", folder / "import.ndjson"
    run("generate", "--visits", int(3000 * size), "--seed", 9, "--out", claims, environment=environment)
    run("map", claims, "-o", file, environment=environment)
    for level, goal in _LEVELS.items():
        store = {"FHIR_SERVER_STORE": f"sqlite://{folder}/import-{level}/fhir.sqlite"}
        done = run("import", file, "--validation", level, environment={**environment, **store})
        found = re.search(r"^(\d+) resources stored, (\d+) ", done.output, re.MULTILINE)
        if not found or done.code not in (0, 3):
            raise RuntimeError(done.output)
        count = int(found[1]) + int(found[2])
        what = f"{count:,} resources, {file.stat().st_size / _MEGABYTE:.0f} MB NDJSON, durable; start-up included"
        yield Result(f"import, {level}", count / done.seconds, "resources/s", what, goal)
        what = "all processes, shared pages counted once"
        yield Result(f"import, {level}, peak memory", done.memory / _MEGABYTE, "MB", what, "< 150")
        what = "resident, of one process"
        yield Result(f"import, {level}, largest process", done.largest / _MEGABYTE, "MB", what, "< 150")
