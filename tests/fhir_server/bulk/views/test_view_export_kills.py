"""Exports of views whose workers are killed with -9 while others write: each row once, as of one position."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import killed_exports
import killed_views
import pyarrow.parquet as pq
import pytest
from export_asking import at_time

from conformance.definitions import Definitions
from conformance.views import compile_view
from fhir_server.bulk.exporting.state import File, State, state_of
from fhir_server.jobs import Board, Job
from fhir_server.store import open_store
from fhir_server.store.protocol import Version

KILLS = {"csv": 9, "json": 5, "parquet": 5}
SOAK = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 0


@pytest.mark.parametrize("format", KILLS)
def test_law_killed_exports_of_views_have_every_row_once(definitions: Definitions, tmp_path: Path, format: str) -> None:
    url, folder, kills = f"sqlite://{tmp_path}/store.sqlite", tmp_path / "out", SOAK or KILLS[format]
    command = [sys.executable, killed_views.__file__, url, str(folder), str(kills), "3", format]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    job, state, versions = asyncio.run(found(url))
    assert job.token > 1, "on a slow machine many kills come before a worker has begun"
    live = [json.loads(version.body) for version in versions if not version.is_deleted]
    assert len(live) >= kills * killed_exports.RESOURCES // 2
    for name, definition in killed_views.VIEWS.items():
        view = compile_view(definition, definitions)
        expected = Counter(tuple(row) for resource in live for row in view.rows(resource))
        files = [file for file in state.files if file.type == name]
        assert Counter(row for file in files for row in rows(folder, file, format)) == expected
        assert len(files) > 1 or not expected
    assert {path.name for path in (folder / "job").iterdir()} == {file.name.partition("/")[2] for file in state.files}


def rows(folder: Path, file: File, format: str) -> Iterator[tuple[Any, ...]]:
    path = folder / file.name
    data = path.read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
    if format == "csv":
        header, *table = csv.reader(data.decode().splitlines())
        assert header == ["key", "mark", "branch"]
        yield from map(tuple, table)
    else:
        read = json.loads(data) if format == "json" else pq.read_table(path).to_pylist()
        yield from (tuple(row.values()) for row in read)


async def found(url: str) -> tuple[Job, State, list[Version]]:
    store = await open_store(url)
    job = await Board(store).find("job")
    assert job.outcome, job
    state = state_of(job.outcome)
    versions = await at_time(store, state.at)
    assert [name async for name, _ in store.records("hold")] == []
    await store.close()
    return job, state, versions
