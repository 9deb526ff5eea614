"""Workers that are killed with -9 while others write: no hole, no duplicate, nothing that was not checkpointed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import killed_exports
import pyarrow.parquet as pq
from export_asking import at_time

from fhir_server.bulk.exporting.order import PARQUET
from fhir_server.bulk.exporting.state import File, State, state_of
from fhir_server.jobs import Board, Job
from fhir_server.store import open_store
from fhir_server.store.protocol import Version

KILLS = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 20


def test_law_killed_exports_are_the_store_at_their_time(tmp_path: Path) -> None:
    url, folder = f"sqlite://{tmp_path}/store.sqlite", tmp_path / "out"
    command = [sys.executable, killed_exports.__file__, url, str(folder), str(KILLS), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    job, state, versions = asyncio.run(found(url))
    # A worker may have finished before its turn to be killed came.
    assert int(done.stdout) >= 1, "on a slow machine many kills come before a worker has begun"
    assert job.token > 1
    lines = [line for file in state.files for line in read(folder, file)]
    assert sorted(lines) == sorted(version.body for version in versions if not version.is_deleted)
    assert len(lines) == job.done >= KILLS * killed_exports.RESOURCES // 2
    assert {path.name for path in (folder / "job").iterdir()} == {file.name.partition("/")[2] for file in state.files}


def test_law_killed_exports_of_parquet_too(tmp_path: Path) -> None:
    url, folder = f"sqlite://{tmp_path}/store.sqlite", tmp_path / "out"
    command = [sys.executable, killed_exports.__file__, url, str(folder), "5", "2", PARQUET]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    job, state, versions = asyncio.run(found(url))
    assert job.token > 1
    tables = [pq.read_table(folder / file.name) for file in state.files]
    kept = [(row["id"], row["version_id"], row["language"]) for table in tables for row in table.to_pylist()]
    live = [json.loads(version.body) for version in versions if not version.is_deleted]
    assert sorted(kept) == sorted((row["id"], row["meta"]["versionId"], row["language"]) for row in live)
    assert {path.name for path in (folder / "job").iterdir()} == {file.name.partition("/")[2] for file in state.files}


def read(folder: Path, file: File) -> list[bytes]:
    data = (folder / file.name).read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
    return data.splitlines()


async def found(url: str) -> tuple[Job, State, list[Version]]:
    store = await open_store(url)
    job = await Board(store).find("job")
    assert job.outcome, job
    state = state_of(job.outcome)
    versions = await at_time(store, state.at)
    await store.close()
    return job, state, versions
