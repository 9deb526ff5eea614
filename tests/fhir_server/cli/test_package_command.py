"""``fhir-server package`` from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from package_making import files, manifest, packed, serving, value_set, write_archive

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def package(run: Run, tmp_path: Path) -> Run:
    """``package("add", path)`` in a cache of the test's own."""

    def call(*arguments: object, **extra: str) -> CompletedProcess[str]:
        return run("package", *arguments, FHIR_SERVER_CACHE=str(tmp_path / "cache"), **extra)

    return call


def test_a_package_comes_and_goes(package: Run, tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0", title="A guide"), value_set("v"))
    done = package("add", path)
    assert (done.returncode, done.stderr) == (0, f"information: org.a#1.0.0: compiling 2 files from {path}\n")
    assert done.stdout.startswith("org.a#1.0.0  sha256:")
    listed = package("list", "--format", "json")
    (row,) = json.loads(listed.stdout)
    assert (row["name"], row["version"], row["title"], row["source"]) == ("org.a", "1.0.0", "A guide", str(path))
    assert len(row["sha256"]) == 64
    assert package("list").stdout == done.stdout
    assert package("remove", "org.a").stdout == "org.a#1.0.0 is removed.\n"
    empty = package("list", LANG="vi_VN.UTF-8")
    assert (empty.returncode, empty.stdout, empty.stderr) == (0, "", "Chưa cài gói nào ngoài đặc tả FHIR.\n")


def test_what_is_missing_is_told_and_may_be_passed_over(package: Run, tmp_path: Path) -> None:
    path = write_archive(tmp_path / "a.tgz", manifest("org.a", "1.0.0", {"org.b": "2.0.0"}), value_set("v"))
    refused = package("add", path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("fhir-server: org.b#2.0.0 is needed by org.a#1.0.0 and was not found")
    alone = package("add", path, "--no-dependencies")
    assert alone.returncode == 0
    assert "warning: org.b#2.0.0" in alone.stderr
    assert "(org.b#2.0.0)" in alone.stdout


def test_the_registry_is_a_setting_or_an_option(package: Run) -> None:
    offered = {f"/{name}/1.0.0": packed(files(manifest(name, "1.0.0"), value_set("v"))) for name in ("org.a", "org.b")}
    with serving(offered) as address:
        assert package("add", "org.a#1.0.0", FHIR_SERVER_REGISTRY=address).returncode == 0
        assert package("add", "org.b#1.0.0", "--registry", address).returncode == 0
    assert len(package("list").stdout.splitlines()) == 2


@pytest.mark.parametrize("arguments", [("add", "nowhere.tgz"), ("remove", "org.a"), ("add",)])
def test_what_cannot_be_done_is_said(package: Run, arguments: tuple[str, ...]) -> None:
    done = package(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr
