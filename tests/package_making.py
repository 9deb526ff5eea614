"""Makes FHIR packages for tests: manifests, profiles, archives, a registry on this machine."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from conformance.json_codec import encode

BASE = "https://example.org/fhir"
Resource = dict[str, Any]


def manifest(name: str, version: str, dependencies: Mapping[str, str] | None = None, **more: Any) -> Resource:
    return {"name": name, "version": version, "fhirVersions": ["4.0.1"], "dependencies": dependencies or {}} | more


def value_set(name: str, version: str = "", **more: Any) -> Resource:
    stated = {"version": version} if version else {}
    url = f"{BASE}/ValueSet/{name}"
    return {"resourceType": "ValueSet", "id": name, "url": url, "status": "active"} | stated | more


def profile(name: str, version: str = "1.0.0", minimum: int = 1, **more: Any) -> Resource:
    """A profile of Patient without a snapshot, which asks for ``minimum`` names."""
    return {
        "resourceType": "StructureDefinition",
        "id": name,
        "url": f"{BASE}/StructureDefinition/{name}",
        "version": version,
        "name": name,
        "status": "active",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint",
        "differential": {
            "element": [
                {"id": "Patient", "path": "Patient"},
                {"id": "Patient.name", "path": "Patient.name", "min": minimum},
            ]
        },
    } | more


def files(stated: Resource, *resources: Resource) -> dict[str, bytes]:
    named = {f"{row['resourceType']}-{row['id']}.json": encode(row) for row in resources}
    return {"package.json": encode(stated)} | named


def packed(content: Mapping[str, bytes], folder: str = "package") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in content.items():
            member = tarfile.TarInfo(f"{folder}/{name}" if folder else name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(target.getvalue(), 6, mtime=0)


def write_archive(path: Path, stated: Resource, *resources: Resource) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed(files(stated, *resources)))
    return path


def write_folder(path: Path, content: Mapping[str, bytes]) -> Path:
    for name, data in content.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@contextmanager
def serving(content: Mapping[str, bytes]) -> Iterator[str]:
    """The address of an HTTP server that answers these paths."""

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = content.get(self.path)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
