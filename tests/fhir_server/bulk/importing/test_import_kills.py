"""Import workers that are killed with -9: no hole, no duplicate, every bad line told of once."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import killed_imports

from fhir_server.bulk.importing.checking import made_id
from fhir_server.bulk.importing.state import State, state_of
from fhir_server.jobs import Board, Job
from fhir_server.store import open_store
from fhir_server.store.protocol import Version

KILLS = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 10


def test_law_killed_imports_store_every_line_once(tmp_path: Path) -> None:
    url, folder = f"sqlite://{tmp_path}/store.sqlite", tmp_path / "in"
    command = [sys.executable, killed_imports.__file__, url, str(folder), str(KILLS), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stderr
    job, state, versions, records = asyncio.run(found(url))
    assert int(done.stdout) >= 1, "on a slow machine many kills come before a worker has begun"
    assert job.token > 1
    count = 2 * KILLS * killed_imports.LINES
    assert sorted(version.key.id for version in versions) == sorted(map(id_of, range(count)))
    assert {version.version_id for version in versions} == {1}
    assert job.done == count + count // 10
    assert [(one.stored, one.refused) for one in state.counts] == [(count // 2, count // 20)] * 2
    assert records == []
    assert {path.name for path in (folder / "errors" / "job").iterdir()} == {
        one.file.name.partition("/")[2] for one in state.errors or ()
    }
    assert [one.file.count for one in state.errors or ()] == [count // 20] * 2
    for one in state.errors or ():
        lines = [json.loads(line) for line in (folder / "errors" / one.file.name).read_bytes().splitlines()]
        # Each bad line stands behind the first of ten good ones.
        assert [line_of(row) for row in lines] == [11 * number + 2 for number in range(count // 20)]


def id_of(number: int) -> str:
    content = killed_imports.content(number)
    return content.get("id") or made_id(content, bytes(32))


def line_of(outcome: dict[str, Any]) -> int:
    return int(outcome["issue"][0]["diagnostics"].rpartition(":")[2])


async def found(url: str) -> tuple[Job, State, list[Version], list[str]]:
    store = await open_store(url)
    job = await Board(store).find("job")
    assert job.outcome, job
    page = await store.history((), None, limit=1_000_000)
    records = [name async for name, _ in store.records(f"import-errors/{job.id}")]
    await store.close()
    return job, state_of(job.outcome), list(page.versions), records
