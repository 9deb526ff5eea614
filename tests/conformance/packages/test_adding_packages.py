"""Adding and removing packages: sources, dependencies, pins."""

from __future__ import annotations

from pathlib import Path

import pytest
from package_making import BASE, files, manifest, packed, profile, serving, value_set, write_archive, write_folder

from conformance.definitions.cache import COMPILER
from conformance.errors import BadRequest, Conflict, FhirError, InvalidContent, NotFound, NotSupported, Unavailable
from conformance.issues import Issue
from conformance.json_codec import encode
from conformance.packages import installed, load, loading
from conformance.packages.content import from_path
from conformance.packages.installing import add, remove
from conformance.packages.lock import directory

pytestmark = pytest.mark.usefixtures("home")


def ids(error: FhirError) -> list[str]:
    return [issue.message.id for issue in error.issues]


def labels() -> list[str]:
    return [row.label for row in installed()]


def test_a_package_is_added_once_and_removed(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0", title="A"), profile("p"), value_set("v"))
    said: list[Issue] = []
    (row,) = add([path], report=said.append)
    assert (row.label, row.title, row.source) == ("org.a#1.0.0", "A", str(path))
    assert [issue.message.id for issue in said] == ["CNF-1914"]
    assert load().value_set(f"{BASE}/ValueSet/v")
    said.clear()
    assert add([path], report=said.append) == (row,)
    assert [issue.message.id for issue in said] == ["CNF-1915"]
    assert remove(["org.a"]) == (row,)
    assert labels() == []
    assert load().value_set(f"{BASE}/ValueSet/v") is None
    assert not list(directory().glob("*.package"))
    with pytest.raises(NotFound):
        remove(["org.a"])


def test_packing_does_not_change_the_digest(tmp_path: Path) -> None:
    content = files(manifest("org.a", "1.0.0"), value_set("v"))
    folder = write_folder(tmp_path / "unpacked/package", content | {".index.json": b"{}", "example/x.json": b"["})
    archive = tmp_path / "a.tgz"
    archive.write_bytes(packed(dict(reversed(content.items())) | {"example/x.json": b"["}))
    digests = {from_path(path).digest for path in (folder, folder.parent, archive)}
    assert len(digests) == 1


def test_other_bytes_under_the_same_version_are_refused(tmp_path: Path) -> None:
    stated = manifest("org.a", "1.0.0")
    add([write_archive(tmp_path / "a.tgz", stated, value_set("v"))])
    other = write_archive(tmp_path / "b.tgz", stated, value_set("v", title="changed"))
    with pytest.raises(Conflict) as caught:
        add([other])
    assert ids(caught.value) == ["CNF-1907"]
    assert "package remove org.a#1.0.0" in str(caught.value)
    assert load().value_set(f"{BASE}/ValueSet/v") == value_set("v")
    remove(["org.a#1.0.0"])
    add([other])
    assert load().value_set(f"{BASE}/ValueSet/v") == value_set("v", title="changed")


def test_two_sources_that_claim_one_version_are_refused(tmp_path: Path) -> None:
    one = write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), value_set("v"))
    other = write_archive(tmp_path / "b.tgz", manifest("org.a", "1.0.0"), value_set("w"))
    with pytest.raises(Conflict):
        add([one, other])
    assert labels() == []


def test_sources_serve_each_other_in_any_order(tmp_path: Path) -> None:
    base = write_archive(tmp_path / "base.tgz", manifest("org.base", "1.2.0"), value_set("v"))
    needs = {"hl7.fhir.r4.core": "4.0.1", "org.base": "1.2.x"}
    guide = write_archive(tmp_path / "guide.tgz", manifest("org.guide", "1.0.0", needs), profile("p"))
    add([guide, base])
    assert labels() == ["org.base#1.2.0", "org.guide#1.0.0"]


def test_what_is_missing_is_named_with_what_needs_it(tmp_path: Path) -> None:
    needs = {"org.x": "1.0.0", "org.y": "2.x"}
    path = write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0", needs), value_set("v"))
    with pytest.raises(NotFound) as caught:
        add([path])
    assert ids(caught.value) == ["CNF-1904", "CNF-1904"]
    assert "org.x#1.0.0 is needed by org.a#1.0.0" in str(caught.value)
    assert "org.y#2.x is needed by org.a#1.0.0" in str(caught.value)
    assert labels() == []
    said: list[Issue] = []
    add([path], dependencies=False, report=said.append)
    assert [issue.message.id for issue in said] == ["CNF-1916", "CNF-1916", "CNF-1914"]
    assert labels() == ["org.a#1.0.0"]


def test_dependencies_are_found_in_the_package_cache_at_any_depth(tmp_path: Path, home: Path) -> None:
    cache = home / ".fhir/packages"
    chain = [("org.b", "1.0.0", {"org.c": "latest"}), ("org.c", "1.9.0", {}), ("org.c", "1.10.0", {})]
    chain.append(("org.c", "2.0.0-ballot", {}))
    for name, version, needs in chain:
        content = files(manifest(name, version, needs), value_set(f"{name}-v", version))
        write_folder(cache / f"{name}#{version}/package", content)
    add([write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0", {"org.b": "1.0.0"}), profile("p"))])
    assert labels() == ["org.c#1.10.0", "org.b#1.0.0", "org.a#1.0.0"]
    add(["org.c#1.9.0"])
    assert labels()[-1] == "org.c#1.9.0"


def test_a_build_is_taken_under_its_own_name_alone(home: Path) -> None:
    cache = home / ".fhir/packages"
    write_folder(cache / "org.a#current/package", files(manifest("org.a", "1.1.0-cibuild"), value_set("v")))
    write_folder(cache / "org.b#1.0.0/package", files(manifest("org.b", "1.0.0"), value_set("w")))
    add(["org.a#current"])
    assert labels() == ["org.a#1.1.0-cibuild"]
    with pytest.raises(NotFound):
        add(["org.b#current"])


def test_a_circle_of_dependencies_is_installed_whole(home: Path) -> None:
    for name, other in (("org.a", "org.b"), ("org.b", "org.c"), ("org.c", "org.a")):
        content = files(manifest(name, "1.0.0", {other: "1.0.0"}), value_set(f"{name}-v"))
        write_folder(home / f".fhir/packages/{name}#1.0.0/package", content)
    add(["org.a#1.0.0"])
    assert sorted(labels()) == ["org.a#1.0.0", "org.b#1.0.0", "org.c#1.0.0"]
    assert len(load(["org.b"]).packages) == 4
    with pytest.raises(Conflict):
        remove(["org.b"])
    remove(["org.a", "org.b", "org.c"])


def test_a_registry_is_asked_last(tmp_path: Path) -> None:
    needed = packed(files(manifest("org.b", "1.3.0"), value_set("w")))
    path = write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0", {"org.b": "1.x"}), value_set("v"))
    listed = encode({"name": "org.b", "versions": {"1.3.0": {}, "1.2.0": {}, "2.0.0": {}, "../x": {}}})
    with serving({"/r/org.b/1.3.0": needed, "/r/org.b": listed}) as address:
        add([path], registry=f"{address}/r/")
    assert labels() == ["org.b#1.3.0", "org.a#1.0.0"]
    with serving({"/org.c/1.0.0": needed}) as address:
        with pytest.raises(Conflict) as wrong:
            add(["org.c#1.0.0"], registry=address)
        with pytest.raises(NotFound, match="404"):
            add(["org.d#1.0.0"], registry=address)
    assert ids(wrong.value) == ["CNF-1908"]


def test_other_fhir_versions_are_refused(tmp_path: Path) -> None:
    stated = manifest("org.a", "1.0.0", fhirVersions=["5.0.0"])
    with pytest.raises(NotSupported, match=r"5\.0\.0"):
        add([write_archive(tmp_path / "a.tgz", stated, value_set("v"))])
    stated = manifest("org.a", "1.0.0", {"hl7.fhir.r4b.core": "4.3.0"})
    with pytest.raises(NotSupported, match="r4b"):
        add([write_archive(tmp_path / "b.tgz", stated, value_set("v"))])
    said: list[Issue] = []
    stated = manifest("org.a", "1.0.0", fhirVersions=[])
    add([write_archive(tmp_path / "c.tgz", stated, value_set("v"))], report=said.append)
    assert "CNF-1906" in [issue.message.id for issue in said]


def test_the_specification_is_installed_already() -> None:
    said: list[Issue] = []
    assert add(["hl7.fhir.r4.core#4.0.1"], report=said.append) == ()
    assert [issue.message.id for issue in said] == ["CNF-1915"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "CNF-1503"),
        (b"no archive", "CNF-1503"),
        (packed(files(manifest("org.a", "1.0.0"), value_set("v")))[:-20], "CNF-1503"),
        (packed({"a.json": b"{}"}), "CNF-1503"),
        (packed({"package.json": b"{"}), "CNF-1902"),
        (packed({"package.json": encode({"name": "../up", "version": "1"})}), "CNF-1902"),
        (packed({"package.json": encode({"name": "org.a", "version": "../1"})}), "CNF-1902"),
        (packed({"package.json": encode({"name": "org.a"})}), "CNF-1902"),
        (packed({"package.json": encode(manifest("org.a", "1.0.0") | {"dependencies": {"a/b": "1"}})}), "CNF-1902"),
        (packed({"package.json": encode(manifest("org.a", "1.0.0") | {"dependencies": ["a"]})}), "CNF-1902"),
        (packed(files(manifest("org.a", "1.0.0"))), "CNF-1903"),
        (packed(files(manifest("org.a", "1.0.0")) | {"x.json": b'{"a":1,"a":2}'}), "CNF-1503"),
    ],
)
def test_what_is_no_package_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.tgz"
    path.write_bytes(content)
    with pytest.raises(InvalidContent) as caught:
        add([path])
    assert ids(caught.value) == [message]
    assert str(path) in str(caught.value)
    assert labels() == []


def test_what_is_no_source_is_refused() -> None:
    for source in ("absent.tgz", "org.a", "org a#1.0.0", "#1"):
        with pytest.raises(BadRequest) as caught:
            add([source])
        assert ids(caught.value) == ["CNF-1901"]


def test_a_loose_folder_is_named_by_its_guide_or_itself(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "My Profiles", {"deep/v.json": encode(value_set("v"))})
    add([folder])
    assert labels() == ["my-profiles#0.0.0"]
    guide = {
        "resourceType": "ImplementationGuide",
        "id": "g",
        "url": f"{BASE}/ImplementationGuide/g",
        "packageId": "org.g",
        "version": "0.3.0",
        "fhirVersion": ["4.0.1"],
        "dependsOn": [{"packageId": "my-profiles", "version": "0.0.0"}],
    }
    add([write_folder(tmp_path / "g", {"guide.json": encode(guide)})])
    assert installed()[1].label == "org.g#0.3.0"
    assert installed()[1].dependencies == {"my-profiles": "0.0.0"}


def test_a_package_that_is_needed_stays(tmp_path: Path) -> None:
    paths = [write_archive(tmp_path / f"b{v}.tgz", manifest("org.b", v), value_set("v", v)) for v in ("1.0.0", "1.1.0")]
    paths.append(write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0", {"org.b": "1.x"}), value_set("w")))
    add(paths)
    remove(["org.b#1.1.0"])
    with pytest.raises(Conflict, match=r"org\.b is needed by org\.a#1\.0\.0"):
        remove(["org.b"])
    remove(["org.b", "org.a"])
    assert labels() == []


def test_removing_a_release_leaves_its_ballot(tmp_path: Path) -> None:
    versions = ("1.0.0", "1.0.0-ballot")
    add([write_archive(tmp_path / f"{v}.tgz", manifest("org.a", v), value_set("v", v)) for v in versions])
    remove(["org.a#1.0.0"])
    assert load().value_set(f"{BASE}/ValueSet/v|1.0.0-ballot")


def test_damage_is_told_and_repaired(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0"), profile("p"), value_set("v"))
    (row,) = add([path])
    whole = row.path.read_bytes()
    # the head, a packed resource, the catalogue's keys, its rows
    places = [0, 10, 42, 60, whole.index(b"\x28\xb5\x2f\xfd") + 30, whole.index(b"ValueSet") - 40, len(whole) - 3]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        row.path.unlink()
        row.path.write_bytes(damaged)
        loading._load.cache_clear()
        with pytest.raises(Unavailable, match="package add"):
            load().value_set(f"{BASE}/ValueSet/v")
    row.path.unlink()
    loading._load.cache_clear()
    with pytest.raises(Unavailable, match=r"package add"):
        load()
    add([path])
    assert row.path.read_bytes() == whole
    assert load().value_set(f"{BASE}/ValueSet/v")
    (directory() / "lock.json").write_text("[")
    with pytest.raises(Unavailable, match="Delete it"):
        load()


def test_the_compiled_file_is_the_same_whatever_the_packing(tmp_path: Path) -> None:
    content = files(manifest("org.a", "1.0.0"), profile("p"), value_set("v"))
    (tmp_path / "a.tgz").write_bytes(packed(content))
    folder = write_folder(tmp_path / "b/package", dict(reversed(content.items()))).parent
    compiled = []
    for source in (tmp_path / "a.tgz", folder):
        (row,) = add([source])
        compiled.append(row.path.read_bytes())
        remove([row.label])
    assert compiled[0] == compiled[1]
    assert f"-{COMPILER}-" in row.path.name
