"""What installed packages and loose resources add to the definitions, and which of two goes before."""

from __future__ import annotations

import sys
import tracemalloc
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from package_making import BASE, files, manifest, packed, profile, value_set, write_archive, write_folder

from conformance.definitions import Definitions
from conformance.errors import InvalidContent, NotFound
from conformance.json_codec import encode
from conformance.packages import load
from conformance.packages.content import resources_at
from conformance.packages.installing import add

pytestmark = pytest.mark.usefixtures("home")

PATIENT = "http://hl7.org/fhir/StructureDefinition/Patient"
CANONICAL = f"{BASE}/ValueSet/v"
PROFILE = f"{BASE}/StructureDefinition/p"


def stated(found: dict[str, Any] | None) -> str | None:
    return found and str(found["version"])


def test_versions_of_a_canonical(tmp_path: Path) -> None:
    versions = ("1.9.0", "1.10.0", "2.0.0-ballot", "1.10.1-rc1")
    add([write_archive(tmp_path / f"{v}.tgz", manifest("org.a", v), value_set("v", v)) for v in versions])
    known = load()
    assert {v: stated(known.value_set(f"{CANONICAL}|{v}")) for v in versions} == {v: v for v in versions}
    assert stated(known.value_set(CANONICAL)) == "2.0.0-ballot"
    assert stated(known.value_set(f"{CANONICAL}|1")) == "1.10.1-rc1"
    assert stated(known.value_set(f"{CANONICAL}|1.9")) == "1.9.0"
    assert stated(known.value_set(f"{CANONICAL}|1.1")) is None
    assert stated(known.value_set(f"{CANONICAL}|3")) is None
    assert known.canonicals("ValueSet").count(CANONICAL) == 1
    assert stated(load(["org.a#1.9.0"]).value_set(CANONICAL)) == "1.9.0"
    assert stated(load(["org.a#1.9.x"]).value_set(CANONICAL)) == "1.9.0"
    assert load([]).value_set(CANONICAL) is None
    with pytest.raises(NotFound):
        load(["org.b"])


def test_two_versions_of_one_canonical_in_one_package(tmp_path: Path) -> None:
    content = files(manifest("org.a", "1.0.0"), value_set("v", "1.0.0"))
    content["other.json"] = encode(value_set("v", "2.0.0"))
    (tmp_path / "a.tgz").write_bytes(packed(content))
    add([tmp_path / "a.tgz"])
    assert stated(load().value_set(CANONICAL)) == "2.0.0"
    assert stated(load().value_set(f"{CANONICAL}|1.0.0")) == "1.0.0"


def test_a_package_goes_before_what_it_needs_and_the_later_before_the_earlier(tmp_path: Path) -> None:
    def package(name: str, needs: dict[str, str], title: str) -> Path:
        stated_vs = value_set("v", "1.0.0", title=title)
        return write_archive(tmp_path / f"{name}.tgz", manifest(name, "1.0.0", needs), stated_vs)

    add([package("org.guide", {"org.base": "1.0.0"}, "guide"), package("org.base", {}, "base")])
    found = load().value_set(CANONICAL)
    assert found is not None
    assert found["title"] == "guide"
    add([package("org.last", {}, "last")])
    found = load().value_set(CANONICAL)
    assert found is not None
    assert found["title"] == "last"
    assert load().packages == ("org.last#1.0.0", "org.guide#1.0.0", "org.base#1.0.0", "hl7.fhir.r4.core#4.0.1")


def test_packages_hide_resources_of_the_specification_but_not_its_types(
    tmp_path: Path, definitions: Definitions
) -> None:
    gender = definitions.value_set("http://hl7.org/fhir/ValueSet/administrative-gender")
    patient = definitions.resource("StructureDefinition", PATIENT)
    assert gender is not None
    assert patient is not None
    mine = [gender | {"version": "0.1", "title": "mine"}, patient | {"snapshot": {"element": []}}]
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), *mine)])
    found = load().value_set(gender["url"])
    assert found is not None
    assert found["title"] == "mine"
    assert stated(load().value_set(gender["url"] + "|4.0.1")) == "4.0.1"
    assert load().structure(PATIENT).elements
    assert load().structure(PATIENT) is load().structure("Patient")


def test_a_profile_without_a_snapshot_gets_one(tmp_path: Path) -> None:
    above = profile("q", baseDefinition=PROFILE)
    above["differential"]["element"][1] = {"id": "Patient.gender", "path": "Patient.gender", "min": 1}
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), profile("p"), above)])
    structure = load().structure(f"{BASE}/StructureDefinition/q")
    assert structure.is_profile
    assert structure.name == "Patient"
    assert (structure.elements["name"].min, structure.elements["gender"].min) == (1, 1)
    assert structure.elements["birthDate"].min == 0
    raw = load().resource("StructureDefinition", PROFILE)
    assert raw is not None
    assert "snapshot" not in raw


def test_a_profile_on_something_unknown_is_told(tmp_path: Path) -> None:
    astray = profile("p", baseDefinition=f"{BASE}/StructureDefinition/nowhere")
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), astray)])
    with pytest.raises(InvalidContent, match="nowhere"):
        load().find_structure(PROFILE)


def test_a_profile_with_a_snapshot_is_compiled_beforehand(tmp_path: Path, definitions: Definitions) -> None:
    pressure = definitions.resource("StructureDefinition", "bp")
    assert pressure is not None
    mine = pressure | {"id": "p", "url": PROFILE, "version": "1.0.0"}
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), mine)])
    (found,) = load()._packages[0].with_url("StructureDefinition", PROFILE)  # what was stored
    compiled = found.structure()
    assert compiled is not None
    assert compiled == load().structure(PROFILE)
    assert compiled.elements["component"].slices.keys() == {"SystolicBP", "DiastolicBP"}


def test_numbers_of_a_pattern_keep_their_digits(tmp_path: Path, definitions: Definitions) -> None:
    published = definitions.resource("StructureDefinition", "cholesterol")
    assert published is not None
    mine = published | {"id": "p", "url": PROFILE}
    elements = mine["snapshot"]["element"]
    value = next(row for row in elements if row["path"] == "Observation.value[x]")
    value["patternQuantity"] = {"value": Decimal("5.20"), "unit": "mmol/L"}
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), mine)])
    pattern = load().structure(PROFILE).elements["value"].pattern
    assert isinstance(pattern["value"], Decimal)
    assert str(pattern["value"]) == "5.20"


def test_loose_resources_go_before_all(tmp_path: Path) -> None:
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), profile("p", "2.0.0"), value_set("v", "9"))])
    loose = [profile("p", "1.0.0", minimum=2), value_set("v", "1"), value_set("v", "2")]
    known = load(loose=loose)
    assert known.structure(PROFILE).elements["name"].min == 2
    assert known.structure(f"{PROFILE}|2.0.0").elements["name"].min == 1
    assert stated(known.value_set(CANONICAL)) == "2"
    assert stated(known.value_set(f"{CANONICAL}|9")) == "9"
    assert stated(known.resource("ValueSet", "v")) == "1"
    assert stated(load().value_set(CANONICAL)) == "9"
    loose[1].clear()
    assert known.value_set(f"{CANONICAL}|1") == value_set("v", "1")


@pytest.mark.parametrize("kind", ["file", "bundle", "folder", "unpacked", "archive"])
def test_loose_resources_are_read_from_anything(tmp_path: Path, kind: str) -> None:
    rows = [profile("p"), value_set("v")]
    content = files(manifest("org.a", "1.0.0"), *rows)
    path = tmp_path / kind
    if kind == "file":
        path.write_bytes(encode(rows[0]))
        rows = rows[:1]
    elif kind == "bundle":
        path.write_bytes(encode({"resourceType": "Bundle", "entry": [{"resource": row} for row in rows] + [{}]}))
    elif kind == "folder":
        write_folder(path, {f"deep/{name}": data for name, data in content.items() if name != "package.json"})
    elif kind == "unpacked":
        write_folder(path / "package", content)
    else:
        path.write_bytes(packed(content))
    assert resources_at(path) == rows


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"resourceType":"Patient"}', b"\x1f\x8b..."])
def test_what_holds_no_definition_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    for path in (tmp_path / "x.json", tmp_path / "absent"):
        with pytest.raises(InvalidContent):
            resources_at(path)


def test_a_naming_system_is_found_by_its_id(tmp_path: Path) -> None:
    system = {"resourceType": "NamingSystem", "id": "cccd", "name": "CCCD", "status": "active"}
    patient = {"resourceType": "Patient", "id": "a"}
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), system, patient)])
    assert load().resource("NamingSystem", "cccd") == system
    assert load().resource("Patient", "a") is None


def test_hostile_names_find_nothing(tmp_path: Path) -> None:
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), value_set("v"))])
    for name in ("", "|", ":", ":|", f"{CANONICAL}|", "\ud800:", "a:" + "x" * 100_000, f"{CANONICAL}||"):
        known = load()
        assert known.find_structure(name) is None
        assert (known.value_set(name) is None) is (name != f"{CANONICAL}|")


@pytest.mark.slow
def test_a_large_package_costs_what_is_used_of_it(
    tmp_path: Path, definitions: Definitions, capsys: pytest.CaptureFixture[str]
) -> None:
    """5,000 resources, a tenth of them profiles with snapshots: prints the figures, holds the memory to a bound."""
    pressure = definitions.resource("StructureDefinition", "bp")
    assert pressure is not None
    rows = [
        pressure | {"id": f"p{n}", "url": f"{BASE}/StructureDefinition/p{n}", "title": f"Profile {n} {n * 7919}"}
        if n % 10 == 0
        else value_set(f"v{n}", "1.0.0", description=f"{n} " * 400)
        for n in range(5000)
    ]
    path = write_archive(tmp_path / "large.tgz", manifest("org.large", "1.0.0"), *rows)
    started = perf_counter()
    (row,) = add([path])
    figures = {"add s": perf_counter() - started, "compiled MB": row.path.stat().st_size / 1e6}
    load([]).structure("Observation")
    tracemalloc.start()
    started = perf_counter()
    known = load()
    figures["load ms"] = (perf_counter() - started) * 1000
    figures["load KB"] = tracemalloc.get_traced_memory()[0] / 1e3
    started = perf_counter()
    assert known.value_set(f"{BASE}/ValueSet/v2501")
    figures["first look-up ms"] = (perf_counter() - started) * 1000
    held = []
    for _ in range(2):
        for n in range(0, 5000, 10):
            assert known.find_structure(f"{BASE}/StructureDefinition/p{n}")
            assert known.value_set(f"{BASE}/ValueSet/v{n + 1}")
        held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    figures["held after one and two full walks MB"] = max(held) / 1e6
    assert held[1] < held[0] * 1.05
    with capsys.disabled():
        sys.stdout.write("\n" + ", ".join(f"{name} {value:.2f}" for name, value in figures.items()) + "\n")
