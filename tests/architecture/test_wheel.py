import subprocess
import sys
import zipfile

import pytest

PACKAGES = {"conformance", "terminology", "profiles", "mappers", "fhir_server"}


@pytest.fixture(scope="module")
def members(tmp_path_factory, pytestconfig):
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=pytestconfig.rootpath, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_a_wheel_holds_exactly_the_five_packages(members):
    tops = {name.partition("/")[0] for name in members if ".dist-info/" not in name}
    assert tops == PACKAGES


def test_a_wheel_holds_the_data_and_the_types(members, pytestconfig):
    root = pytestconfig.rootpath
    wanted = (path for top in PACKAGES for path in (root / top).rglob("*") if path.is_file())
    missing = {path.relative_to(root).as_posix() for path in wanted if "__pycache__" not in path.parts} - set(members)
    assert missing == set()


def test_a_wheel_installs_the_command(members, pytestconfig):
    assert any(name.endswith("entry_points.txt") for name in members)
    assert 'fhir-server = "fhir_server.cli:main"' in (pytestconfig.rootpath / "pyproject.toml").read_text()
