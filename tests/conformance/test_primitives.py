"""Every primitive type: what fits, what does not, and that no check can be made slow."""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lines_run import lines_run

from conformance.definitions import Definitions
from conformance.primitives import JSON_KINDS, PRIMITIVES, is_base64

UUID = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"

GOOD: dict[str, list[Any]] = {
    "base64Binary": ["YQ==", "YWI=", "YWJj", "YW Jj\nYQ= ="],
    "boolean": [True, False],
    "canonical": ["http://hl7.org/fhir/ValueSet/x|4.0.1", "#a", f"{UUID}|1.0", f"{UUID}#a", "urn:oid:1.2.3|1"],
    "code": ["a", "a b", "đực", "=", "2.16.840"],
    "date": ["2024", "2024-02", "2024-02-29"],
    "dateTime": ["2024", "2024-02-29T23:59:60.5+14:00"],
    "decimal": [1, -3, Decimal("20.50"), Decimal("1E+3"), 10**30],
    "id": ["a", "A-1.b", "x" * 64],
    "instant": ["2024-02-29T00:00:00Z"],
    "integer": [0, -(2**31), 2**31 - 1],
    "markdown": ["# a\n\tb\r\n"],
    "oid": ["urn:oid:1.2.3", "urn:oid:2.0.40"],
    "positiveInt": [1, 2**31 - 1],
    "string": [" a ", "Nguyễn Thị Ánh", "a\tb\r\n", "x" * 1024 * 1024],
    "time": ["00:00:00", "23:59:59.999"],
    "unsignedInt": [0, 2**31 - 1],
    "uri": ["urn:x:y", "a", "http://a.vn/đường?x=1#y"],
    "url": ["http://a.vn"],
    "uuid": [UUID],
    "xhtml": ["<div/>"],
}
BAD: dict[str, list[Any]] = {
    "base64Binary": ["", " ", "YQ", "YQ=", "Y===", "=YQ=", "YQ==YQ==", "Y-_x", "YWJé", 1],
    "boolean": [1, 0, "true", None],
    "canonical": ["", "a b", 1, "a|1", f"{UUID}0|1", "urn:oid:1|1", "http://x.vn|a b"],
    "code": ["", " ", " a", "a ", "a  b", "a\tb", "a\n", "a\u2028b", 1, True],
    "date": ["", "2023-02-30", "2024-02-29T00:00:00Z", 2024],
    "dateTime": ["", "2024-02-30T00:00:00Z", "2024-02-29T00:00:00", 2024],
    "decimal": [True, "1.0", 1.5, Decimal("NaN"), Decimal("Infinity"), None],
    "id": ["", "a_b", "x" * 65, "a/b", "é", "a\n", 1],
    "instant": ["", "2024", "2024-02-29T00:00Z", "2024-02-29T00:00:00"],
    "integer": [True, "1", Decimal("1.0"), Decimal(1), 2**31, -(2**31) - 1],
    "markdown": ["", "\x00", 1],
    "oid": ["", "1.2.3", "urn:oid:3.1", "urn:oid:1", "urn:oid:1.02", "urn:oid:1.2\n"],
    "positiveInt": [0, -1, 2**31, True],
    "string": ["", "a\x00", "a\x0b", "\x1f", "x" * (1024 * 1024 + 1), 1, None, ["a"]],
    "time": ["", "1:00:00", "24:00:00"],
    "unsignedInt": [-1, 2**31, False],
    "uri": ["", "a b", "a\n", "\ta", 1, "oid:1.2.3", UUID.removeprefix("urn:")],
    "url": ["", "http://a b"],
    "uuid": ["", UUID.removeprefix("urn:uuid:"), UUID.upper(), UUID + "0"],
    "xhtml": ["", 1],
}


def test_every_primitive_type_of_the_definitions_has_a_check(definitions: Definitions) -> None:
    urls = definitions.canonicals("StructureDefinition")
    kinds = {url.rpartition("/")[2]: definitions.find_structure(url) for url in urls}
    names = {name for name, structure in kinds.items() if structure and structure.kind == "primitive-type"}
    assert names == PRIMITIVES.keys() == GOOD.keys() == BAD.keys() == JSON_KINDS.keys()


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_what_fits_and_what_does_not(name: str) -> None:
    check = PRIMITIVES[name]
    assert [check(value) for value in GOOD[name]] == [None] * len(GOOD[name])
    for value in BAD[name]:
        message = check(value)
        assert message is not None, value
        assert message.en.format(value=value)
        assert message.vi.format(value=value)


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
@pytest.mark.parametrize(
    "text",
    [
        "A" * 109 + "!",
        "A" * 1_000_000 + "!",
        "A " * 500_000 + "!",
        " " * 1_000_000,
        "=" * 1_000_000,
        "urn:oid:1" + ".1" * 500_000 + "x",
        "1" * 1_000_000,
        "2024-01-01T00:00:00." + "0" * 1_000_000,
        "a b" * 300_000 + " ",
    ],
    ids=lambda text: f"{text[:12]}…{len(text)}",
)
def test_no_check_can_be_made_slow(name: str, text: str) -> None:
    """Checks run in C: one that is quadratic in a million characters would not end while anyone waits."""
    assert lines_run(lambda: PRIMITIVES[name](text)) < 10


@given(st.binary(min_size=1, max_size=60))
def test_what_is_encoded_is_base64(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert is_base64(text)
    assert is_base64("\r\n ".join(text))
    assert not is_base64(text[:-1])


@given(st.text("aZ09-._ \n", max_size=70))
def test_ids_are_those_of_the_specification(text: str) -> None:
    assert (PRIMITIVES["id"](text) is None) == (re.fullmatch(r"[A-Za-z0-9\-\.]{1,64}", text) is not None)


@given(st.text("ab \t\n", max_size=12))
def test_codes_are_those_of_the_specification(text: str) -> None:
    assert (PRIMITIVES["code"](text) is None) == (re.fullmatch(r"[^\s]+( [^\s]+)*", text) is not None)
