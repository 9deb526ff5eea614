"""``docs/fhirpath.md`` tells what is there, no more and no less."""

from __future__ import annotations

import importlib
import re

import pytest

from conformance.fhirpath.arithmetic import in_bounds
from conformance.fhirpath.corrections import CORRECTIONS
from conformance.fhirpath.environment import LIMIT
from conformance.fhirpath.functions import FUNCTIONS
from conformance.fhirpath.functions.strings import LONGEST
from conformance.fhirpath.parser import MAX_DEPTH, MAX_HEIGHT, MAX_LENGTH


@pytest.fixture(scope="module")
def page(pytestconfig: pytest.Config) -> str:
    return (pytestconfig.rootpath / "docs" / "fhirpath.md").read_text("utf-8")


def section(page: str, title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def test_functions(page: str) -> None:
    listed = section(page, "Functions").partition("\n* ")[0]
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted(FUNCTIONS)


def test_exceptions_of_the_official_cases(page: str, pytestconfig: pytest.Config) -> None:
    source = (pytestconfig.rootpath / "tests/conformance/fhirpath/test_fhirpath_suite.py").read_text("utf-8")
    table = re.search(r"^EXCEPTIONS: dict\[str, str\] = (\{.*?\})$", source, re.MULTILINE | re.DOTALL)
    assert table
    names = re.findall(r'^    "(\w+)":', table[1], re.MULTILINE)
    rows = re.findall(r"^\| (\w+) \| .* \|$", section(page, "The official cases"), re.MULTILINE)
    assert [row for row in rows if row not in ("case", "none")] == names


def test_corrections(page: str) -> None:
    listed = section(page, "Published invariants that do not say what they mean")
    for one in CORRECTIONS.values():
        meant = one.meant.replace("|", r"\|")
        assert f"| {one.key} | `{meant}` | {one.reason} |" in listed
    assert len(re.findall(r"^\| [a-z]+-\d+ ", listed, re.MULTILINE)) == len(CORRECTIONS)


def test_limits(page: str) -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| (\d+) \|$", section(page, "Speed and limits"), re.MULTILINE))
    assert list(map(int, rows.values())) == [MAX_LENGTH, MAX_DEPTH, MAX_HEIGHT, LIMIT, LONGEST, 63]
    assert in_bounds(2**63 - 1) is not None
    assert in_bounds(2**63) is None


def test_the_module_is_importable_by_the_names_of_the_page(page: str) -> None:
    assert hasattr(importlib.import_module("conformance.fhirpath"), "compile")
    assert hasattr(importlib.import_module("conformance.fhirpath"), "Environment")
