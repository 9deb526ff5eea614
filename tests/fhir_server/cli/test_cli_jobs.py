"""``fhir-server jobs`` over a store on disk, with real processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from pathlib import Path

import msgspec
import pytest

from fhir_server.bulk.exporting.order import EXPORT, Order
from fhir_server.job_kinds import now
from fhir_server.jobs import Board
from fhir_server.store import open_store
from fhir_server.store.protocol import Body, Key, Unit, Write


@pytest.fixture
def url(environment: dict[str, str]) -> str:
    """A store with three patients and an export that waits."""
    url = environment["FHIR_SERVER_STORE"]
    Path(url.removeprefix("sqlite://")).parent.mkdir()

    async def fill() -> None:
        store = await open_store(url)
        await store.transact([Unit(tuple(patient(number) for number in range(3)))])
        await Board(store).add("first", EXPORT, msgspec.to_builtins(Order()), now())
        await store.close()

    asyncio.run(fill())
    return url


def patient(number: int) -> Write:
    head = b'{"resourceType":"Patient","id":"p%d","meta":{' % number
    return Write(Key("Patient", f"p{number}"), Body(head, b"}}"))


def listed(run) -> list[dict[str, object]]:
    done = run("jobs", "list", "--format", "json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_worker_does_what_waits_and_ends_in_good_order(run, start, url):
    assert [(row["id"], row["state"]) for row in listed(run)] == [("first", "queued")]
    worker = start("jobs", "work")
    watched = run("jobs", "watch", "first")
    assert watched.returncode == 0, watched.stderr
    assert "completed" in watched.stdout
    [row] = listed(run)
    assert (row["state"], row["done"], row["kind"]) == ("completed", 3, "export")
    folder = Path(f"{url.removeprefix('sqlite://')}-exports") / "first"
    [file] = folder.iterdir()
    assert len(file.read_bytes().splitlines()) == 3
    worker.terminate()
    _, errors = worker.communicate(timeout=20)
    assert worker.returncode == 0
    assert "Traceback" not in errors


def test_cancelling_and_what_is_not_there(run, url):
    done = run("jobs", "cancel", "first")
    assert (done.returncode, "cancelled" in done.stdout) == (0, True)
    assert run("jobs", "cancel", "first").returncode == 2
    assert run("jobs", "watch", "first").returncode == 1
    missing = run("jobs", "cancel", "none")
    assert (missing.returncode, "none" in missing.stderr) == (2, True)
    assert "first  export   cancelled" in run("jobs", "list").stdout


def test_the_workers_of_a_server_end_with_it(start, url, port):
    server = start("serve", "--port", port)
    deadline = time.monotonic() + 60
    children: set[int] = set()
    while time.monotonic() < deadline and not (Path(f"{url.removeprefix('sqlite://')}-exports") / "first").exists():
        time.sleep(0.1)
        children |= family(server.pid)
    children |= family(server.pid)
    assert children
    server.kill()
    server.wait()
    while time.monotonic() < deadline and any(is_alive(child) for child in children):
        time.sleep(0.05)
    assert not any(is_alive(child) for child in children)


def test_a_worker_of_a_server_that_is_killed_is_told_in_the_log(start, url, port):
    server = start("serve", "--port", port)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (killed := job_workers_of(server.pid)):
        time.sleep(0.05)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    while time.monotonic() < deadline and not job_workers_of(server.pid) - killed:
        time.sleep(0.05)
    server.terminate()
    _, errors = server.communicate(timeout=30)
    told = [line for line in errors.splitlines() if "exit code" in line]
    assert told == [f"process {pid}, which did jobs, ended with exit code -9; another is started" for pid in killed]


def job_workers_of(pid: int) -> set[int]:
    return {one for one in family(pid) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()}


def family(pid: int) -> set[int]:
    found: set[int] = set()
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            found |= {child} | family(child)
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found
