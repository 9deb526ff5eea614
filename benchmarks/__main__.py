"""``python -m benchmarks [--size N] [--base-url URL]``: a table, and benchmarks/results/latest.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import bulk_export, bulk_import, bulk_jobs, commits, engines, growth, http_server, search, validation
from benchmarks.processes import run, serving
from benchmarks.result import Result, table

LATEST = Path(__file__).parent / "results" / "latest.json"


def main() -> None:
    """Measure, print, write."""
    arguments = _arguments()
    started = time.time()
    results = []
    for result in _remote(arguments) if arguments.base_url else _all(arguments.size):
        results.append(result)
        print(f"  {result.name}: {result.value:,.6g} {result.unit}", file=sys.stderr, flush=True)
    machine = f"{len(os.sched_getaffinity(0))} processors, {platform.platform()}, Python {platform.python_version()}"
    print(f"\n{machine}\n\n{table(results)}")
    if not arguments.base_url:
        LATEST.parent.mkdir(exist_ok=True)
        answer = {
            "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
            "seconds": round(time.time() - started),
            "size": arguments.size,
            "machine": machine,
            "results": [result.as_dict() for result in results],
        }
        LATEST.write_text(json.dumps(answer, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--size", type=float, default=1.0, help="multiplies the work; 1 takes a few minutes")
    parser.add_argument("--base-url", help="measure only HTTP, of the FHIR server at this base URL")
    return parser.parse_args()


def _remote(arguments: argparse.Namespace) -> Iterator[Result]:
    yield from http_server.measure(arguments.base_url, arguments.size)


def _all(size: float) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="fhir-server-bench-") as name:
        folder = Path(name)
        environment = {
            "XDG_DATA_HOME": str(folder / "share"),
            "FHIR_SERVER_STORE": f"sqlite://{folder}/store/fhir.sqlite",
        }
        yield from validation.measure(size)
        yield from _start_up(environment)
        yield from engines.measure(folder, environment, size)
        yield from commits.measure(folder, size)
        yield from growth.measure(folder, environment, size)
        yield from bulk_jobs.measure(folder, environment, size)
        yield from bulk_export.measure(folder, size)
        yield from bulk_import.measure(folder, environment, size)
        yield from search.measure(folder, size)
        with serving({**environment, "FHIR_SERVER_WORKERS": "1"}) as (base, _):
            yield from http_server.measure(base, size)


def _start_up(environment: dict[str, str]) -> Iterator[Result]:
    helped = min(run("--help", environment=environment).seconds for _ in range(5))
    yield Result("--help", helped, "s", "best of 5", "< 0.3")
    seconds = []
    for _ in range(3):
        with serving(environment) as (_, started):
            seconds.append(started)
    yield Result("start-up", min(seconds), "s", "from command to first answer of metadata; best of 3", "< 1")


if __name__ == "__main__":
    main()
