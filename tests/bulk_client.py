"""A bulk data client written to the letter of the specification, and a server to drive with it.

https://hl7.org/fhir/uv/bulkdata/export.html
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx

Row = dict[str, Any]
COMMAND = [sys.executable, "-c", "from fhir_server.cli import main; main()"]


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[str]:
    """``fhir-server serve`` over a new store in a folder: the base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "FHIR_SERVER_STORE": f"sqlite://{folder}/store.sqlite",
        "FHIR_SERVER_INSTALLATION": str(folder / "installation.json"),
        **settings,
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([*COMMAND, "serve", "--port", str(port)], env=environment, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}/fhir"
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            assert process.poll() is None
        time.sleep(0.05)
    raise AssertionError("the server did not start")


@dataclass
class BulkClient:
    """Kicks off, polls, downloads and deletes, and checks each answer on the way."""

    base: str
    http: httpx.Client
    progress: list[str] = field(default_factory=list)

    def kick_off(self, path: str, parameters: list[Row] | None = None) -> str:
        """The polling location."""
        headers = {"accept": "application/fhir+json", "prefer": "respond-async"}
        if parameters is None:
            answer = self.http.get(f"{self.base}/{path}", headers=headers)
        else:
            headers["content-type"] = "application/fhir+json"
            body = {"resourceType": "Parameters", "parameter": parameters}
            answer = self.http.post(f"{self.base}/{path}", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        assert answer.headers["content-location"].startswith("http")
        assert not answer.content or answer.json()["resourceType"] == "OperationOutcome"
        return str(answer.headers["content-location"])

    def manifest(self, location: str) -> Row:
        """The manifest, once the export is complete."""
        for _ in range(300):
            answer = self.http.get(location, headers={"accept": "application/json"})
            if answer.status_code == 200:
                break
            assert answer.status_code == 202, answer.text
            assert int(answer.headers["retry-after"]) > 0
            self.progress.append(answer.headers["x-progress"])
            assert len(self.progress[-1]) < 100
            time.sleep(0.1)
        assert answer.headers["content-type"].startswith("application/json")
        assert parsedate_to_datetime(answer.headers["expires"]).timestamp() > time.time()
        found: Row = answer.json()
        assert {"transactionTime", "request", "requiresAccessToken", "output", "error"} <= found.keys()
        return found

    def rows(self, found: Row, part: str = "output", coding: str = "gzip") -> list[Row]:
        """The resources of a part of a manifest."""
        headers = {"accept": "application/fhir+ndjson", "accept-encoding": coding}
        rows: list[Row] = []
        for item in found[part]:
            answer = self.http.get(item["url"], headers=headers)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/fhir+ndjson"
            lines = answer.text.splitlines()
            assert len(lines) == item["count"]
            rows += map(json.loads, lines)
            assert {row["resourceType"] for row in rows[-len(lines) :]} == {item["type"]}
        return rows

    def delete(self, location: str) -> None:
        """Done with it."""
        assert self.http.delete(location).status_code == 202
        gone = self.http.get(location)
        assert (gone.status_code, gone.json()["resourceType"]) == (404, "OperationOutcome")
