"""The official cases: https://github.com/FHIR/fhir-test-cases, ``r4/patch`` (JSON Patch and FHIRPath Patch)."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from conformance import xml_codec
from conformance.definitions import Definitions
from conformance.errors import FhirError
from conformance.json_codec import decode_value
from conformance.patch import apply_fhirpath_patch, apply_json_patch

BESIDE = Path(__file__).parents[4] / "shared" / "testdata"
FOLDER = Path(os.environ.get("FHIR_TESTDATA", BESIDE)) / "patch"
FHIR = "{http://hl7.org/fhir}"


def json_cases() -> list[dict[str, Any]]:
    path = FOLDER / "json-patch-tests.json"
    return decode_value(path.read_bytes()) if path.is_file() else []


def fhirpath_cases() -> list[etree._Element]:
    path = FOLDER / "fhir-patch-tests.xml"
    return list(etree.parse(path).getroot().iter("case")) if path.is_file() else []


def part(case: etree._Element, name: str, definitions: Definitions) -> dict[str, Any] | None:
    """The resource under ``name``; None when the case has none."""
    holder = case.find(name)
    if holder is None:
        return None
    (resource,) = holder.iterchildren(f"{FHIR}*")
    resource.tail = None
    return xml_codec.decode(etree.tostring(resource), definitions)


def without_layout(value: Any) -> Any:
    """``value`` with narratives in which white space is not told apart: the case adds some by printing them anew."""
    if isinstance(value, list):
        return [without_layout(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: re.sub(r"\s*(<[^>]*>)\s*", r"\1", " ".join(inner.split())) if name == "div" else without_layout(inner)
        for name, inner in value.items()
    }


def test_the_official_cases_are_there() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"official test material not found at {FOLDER}: set FHIR_TESTDATA")
    assert len(json_cases()) >= 16
    assert len(fhirpath_cases()) >= 30


@pytest.mark.parametrize("case", json_cases(), ids=lambda case: case["comment"])
def test_json_patch_case(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(FhirError):
            apply_json_patch(case["doc"], case["patch"])
    else:
        assert apply_json_patch(case["doc"], case["patch"]) == case["expected"]


@pytest.mark.parametrize("case", fhirpath_cases(), ids=lambda case: case.get("name"))
def test_fhirpath_patch_case(case: etree._Element, definitions: Definitions) -> None:
    resource, patch = part(case, "input", definitions), part(case, "diff", definitions)
    expected = part(case, "output", definitions)
    if expected is None:
        with pytest.raises(FhirError):
            apply_fhirpath_patch(resource, patch, definitions)
    else:
        assert without_layout(apply_fhirpath_patch(resource, patch, definitions)) == without_layout(expected)


def test_page_tells_how_many_cases_there_are(pytestconfig: pytest.Config) -> None:
    if "FHIR_TESTDATA" in os.environ or not FOLDER.is_dir():
        pytest.skip("the page tells of the material beside the checkout")
    page = (pytestconfig.rootpath / "docs" / "patch.md").read_text("utf-8")
    assert f"{len(json_cases())} of JSON Patch and {len(fhirpath_cases())} of FHIRPath Patch" in page
