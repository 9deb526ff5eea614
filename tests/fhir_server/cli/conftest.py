"""Runs the real command line in subprocesses, each test in a home of its own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.definitions import cache_directory
from fhir_server.store import open_store

Run = Callable[..., subprocess.CompletedProcess[str]]
COMMAND = [sys.executable, "-c", "from fhir_server.cli import main; main()"]


@pytest.fixture
def command() -> list[str]:
    """How ``fhir-server`` is called, before its arguments."""
    return COMMAND


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a new user; only the compiled definitions are shared."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FHIR_SERVER_", "LC_", "LANG"))}
    return kept | {
        "HOME": str(tmp_path / "home"),
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "FHIR_SERVER_CACHE": str(cache_directory()),
        "FHIR_SERVER_STORE": f"sqlite://{tmp_path}/store/fhir.sqlite",
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """``run("load", path)``: the finished process, its output as text. Keywords add to the environment."""

    def call(*arguments: object, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            cwd=tmp_path,
            env=environment | extra,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call


def _hears_interrupts() -> None:
    """A shell that runs the tests in the background makes all its children deaf to Ctrl-C; a user's shell does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``start("load", path)``: the running process, alone in its process group; ended with the test."""
    running: list[subprocess.Popen[str]] = []

    def call(*arguments: object) -> subprocess.Popen[str]:
        running.append(
            subprocess.Popen(
                [*COMMAND, *map(str, arguments)],
                cwd=tmp_path,
                env=environment,
                start_new_session=True,
                preexec_fn=_hears_interrupts,  # noqa: PLW1509 - this process has no threads here
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return running[-1]

    yield call
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def until_stored(tmp_path):
    """Wait until the store holds a resource of this type, which a process that still runs put there."""

    async def seen(process, of_type, file):
        store = await open_store(f"sqlite://{file}")
        try:
            while process.poll() is None:
                if (await store.counts()).get(of_type, 0):
                    return True
                await asyncio.sleep(0.01)
            return False
        finally:
            await store.close()

    def wait(process, of_type):
        file = tmp_path / "store" / "fhir.sqlite"
        while process.poll() is None and not file.exists():
            time.sleep(0.01)
        assert asyncio.run(seen(process, of_type, file)), "it ended before anything was seen to be stored"

    return wait
