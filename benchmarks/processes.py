"""Commands in processes of their own, with the memory that they and their children held."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_COMMAND = (sys.executable, "-c", "from fhir_server.cli import main; main()")
_SAMPLE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished command: wall seconds, the greatest memory in bytes, its output."""

    seconds: float
    memory: int
    """Of the whole process tree, what several share counted once (PSS)."""
    largest: int
    """Resident in one process (RSS)."""
    output: str
    code: int


def run(*arguments: object, environment: Mapping[str, str]) -> Ran:
    """Run ``fhir-server`` with these arguments to its end."""
    started = time.perf_counter()
    with subprocess.Popen(
        [*_COMMAND, *map(str, arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        peak = _Peak(process.pid)
        output, _ = process.communicate()
        peak.stop()
    return Ran(time.perf_counter() - started, peak.whole, peak.largest, output, process.returncode)


@contextmanager
def serving(environment: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """A server with these settings on a free port: its base URL, and the seconds until it answered ``metadata``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}/fhir"
    started = time.perf_counter()
    command = [*_COMMAND, "serve", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL) as server:
        try:
            _wait(base, server)
            yield base, time.perf_counter() - started
        finally:
            server.terminate()


def _wait(base: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        try:
            with urllib.request.urlopen(f"{base}/metadata"):  # noqa: S310 - our own server
                return
        except urllib.error.URLError:
            if server.poll() is not None:
                break
            time.sleep(0.01)
    raise RuntimeError("the server did not start")


class Processors:
    """Seconds of processor that this process and others have used since this was made."""

    def __init__(self, *others: int) -> None:
        self._others = others
        self._before = self._used()

    @property
    def seconds(self) -> float:
        """Up to now."""
        return self._used() - self._before

    def _used(self) -> float:
        return time.process_time() + sum(map(_used_by, self._others))


def _used_by(pid: int) -> float:
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Peak:
    """Samples the memory of a process tree until it is stopped."""

    def __init__(self, pid: int) -> None:
        self.whole = self.largest = 0
        self._pid, self._stopped = pid, threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stopped.wait(_SAMPLE_SECONDS):
            found = [_memory(pid) for pid in _tree(self._pid)]
            self.whole = max(self.whole, sum(one["Pss"] for one in found))
            self.largest = max([self.largest, *(one["Rss"] for one in found)])


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            yield from _tree(int(child))


def _memory(pid: int) -> Mapping[str, int]:
    """The bytes of a process: all that are resident (Rss), and with those it shares divided among the sharers (Pss)."""
    rows = map(str.split, _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines())
    return {"Rss": 0, "Pss": 0} | {row[0][:-1]: int(row[1]) * 1024 for row in rows if row[0] in {"Rss:", "Pss:"}}


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
