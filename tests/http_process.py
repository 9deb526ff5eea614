"""The server as a process of its own on a loopback port, over a store on disk."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

COMMANDS = {
    "granian": ["granian", "--interface", "asgi", "--factory", "--no-ws", "--host", "127.0.0.1", "--port"],
    "uvicorn": ["uvicorn", "--factory", "--host", "127.0.0.1", "--port"],
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server process over the store in a folder, with these settings."""

    def __init__(self, command: str, folder: Path, **settings: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        environment = os.environ | {
            "FHIR_SERVER_STORE": f"sqlite:///{folder}/store.sqlite",
            "FHIR_SERVER_INSTALLATION": str(folder / "installation.json"),
            **{f"FHIR_SERVER_{name.upper()}": value for name, value in settings.items()},
        }
        self.log = (folder / "server.log").open("wb")
        arguments = [sys.executable, "-m", *COMMANDS[command], str(port), "fhir_server.app:create_app"]
        self.process = subprocess.Popen(arguments, env=environment, stdout=self.log, stderr=self.log)
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/health").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(30)
        self.log.close()
