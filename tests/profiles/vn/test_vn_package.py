"""The package is the same bytes every time, can be installed, and stands beside the community's."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from conformance.definitions import Definitions
from conformance.definitions.loading import base_file
from conformance.packages import load
from conformance.packages.content import from_archive
from conformance.packages.installing import add
from profiles.validation import Validator
from profiles.vn.examples import examples
from profiles.vn.package import build, file_name, files, main
from terminology.membership import ValueSets
from terminology.names import COMMUNITY, HL7, Community, Names


@pytest.fixture(scope="module")
def archive(definitions: Definitions) -> bytes:
    return build(Names(), definitions)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, definitions: Definitions) -> Path:
    """A cache of the test's own, in which the specification is installed."""
    assert definitions.resource_types
    base, cache = base_file(), tmp_path / "cache"
    cache.mkdir()
    (cache / base.name).symlink_to(base)
    monkeypatch.setenv("FHIR_SERVER_CACHE", str(cache))
    return cache


def test_the_same_bytes_every_time(archive: bytes, definitions: Definitions, tmp_path: Path) -> None:
    assert build(Names(), definitions) == archive
    assert main(str(tmp_path)).read_bytes() == archive
    assert (tmp_path / file_name()).exists()


def test_nothing_in_the_archive_tells_of_day_or_user(archive: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = tar.getmembers()
    names = [member.name for member in members]
    assert names == sorted(names)
    assert {(member.mtime, member.uid, member.gid, member.uname, member.mode) for member in members} == {
        (315532800, 0, 0, "", 0o644)
    }


def test_the_index_lists_what_is_there(definitions: Definitions) -> None:
    content = files(Names(), definitions)
    index = json.loads(content["package/.index.json"])
    listed = {row["filename"]: row for row in index["files"]}
    present = {name.removeprefix("package/") for name in content if name.count("/") == 1}
    assert set(listed) == present - {"package.json", ".index.json"}
    assert listed["StructureDefinition-patient.json"]["url"] == Names().profile("patient")
    assert listed["StructureDefinition-patient.json"]["type"] == "Patient"


def test_every_structure_carries_its_snapshot(definitions: Definitions) -> None:
    content = files(Names(), definitions)
    rows = [json.loads(data) for name, data in content.items() if name.startswith("package/StructureDefinition-")]
    assert rows
    assert all(row["snapshot"]["element"] and row["differential"]["element"] for row in rows)


def test_the_manifest_names_the_base(definitions: Definitions) -> None:
    base = "https://profiles.example.org/vn"
    manifest = from_archive(build(Names(base), definitions), "package").manifest
    assert (manifest.name, manifest.version) == ("vn.ehb.profiles", "0.1.0")
    content = files(Names(base), definitions)
    assert json.loads(content["package/package.json"])["canonical"] == base


def _community(folder: Path) -> Path:
    """A stand-in for the community's package: its canonicals, our words."""
    folder.mkdir()
    structure = {
        "resourceType": "StructureDefinition",
        "id": "vn-ext-ethnicity",
        "url": Community.ETHNICITY,
        "version": "0.6.0",
        "name": "StandIn",
        "status": "draft",
        "kind": "complex-type",
        "abstract": False,
        "context": [{"type": "element", "expression": "Patient"}],
        "type": "Extension",
        "baseDefinition": f"{HL7}/StructureDefinition/Extension",
        "derivation": "constraint",
        "differential": {
            "element": [
                {"id": "Extension.url", "path": "Extension.url", "fixedUri": Community.ETHNICITY},
                {"id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1},
            ]
        },
    }
    patient = structure | {
        "id": "vn-core-patient",
        "url": f"{COMMUNITY}/StructureDefinition/vn-core-patient",
        "kind": "resource",
        "type": "Patient",
        "baseDefinition": f"{HL7}/StructureDefinition/Patient",
        "differential": {"element": [{"id": "Patient.name", "path": "Patient.name", "min": 1}]},
    }
    del patient["context"]
    codes = {
        "resourceType": "CodeSystem",
        "id": "vn-ethnicity-cs",
        "url": Community.ETHNICITY_CODES,
        "status": "draft",
        "content": "complete",
        "caseSensitive": True,
        "concept": [{"code": "01", "display": "Kinh"}],
    }
    manifest = {"name": "hl7.fhir.vn.core", "version": "0.6.0", "fhirVersions": ["4.0.1"]}
    for name, row in {"package": manifest, "ethnicity": structure, "patient": patient, "codes": codes}.items():
        (folder / f"{name}.json").write_text(json.dumps(row), encoding="utf-8")
    return folder


def test_both_packages_load_side_by_side(archive: bytes, own_cache: Path, tmp_path: Path) -> None:
    ours = tmp_path / file_name()
    ours.write_bytes(archive)
    theirs = _community(tmp_path / "community")
    pinned = add([theirs, ours], dependencies=False)
    assert {row.label for row in pinned} == {"vn.ehb.profiles#0.1.0", "hl7.fhir.vn.core#0.6.0"}
    known = load()
    assert (own_cache / "packages").is_dir()
    validator = Validator(known, ValueSets(known))
    adult = next(example for example in examples() if example.name == "patient-adult").resource(Names())
    both = [Names().profile("patient"), f"{COMMUNITY}/StructureDefinition/vn-core-patient"]
    issues = validator.validate(adult, both)
    assert [issue.text() for issue in issues if issue.is_error] == []
    assert not [issue for issue in issues if Community.ETHNICITY in issue.text()], "their extension is known now"
    nameless = {name: value for name, value in adult.items() if name != "name"}
    assert [issue.expression for issue in validator.validate(nameless, both) if issue.is_error] == ["Patient"]


def test_installed_definitions_judge_as_built_ones_do(archive: bytes, own_cache: Path, tmp_path: Path) -> None:
    assert own_cache.is_dir()
    (tmp_path / file_name()).write_bytes(archive)
    add([tmp_path / file_name()], dependencies=False)
    known = load()
    validator = Validator(known, ValueSets(known))
    for example in examples():
        errors = [issue for issue in validator.validate(example.resource(Names())) if issue.is_error]
        assert bool(errors) == (example.breaks != "" and example.severity == "error"), example.name
