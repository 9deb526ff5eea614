"""The JSON codec: exact numbers, duplicate properties with their place, and content that attacks the reader."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lines_run import lines_run

from conformance.errors import InvalidContent
from conformance.json_codec import MAX_DEPTH, MAX_NUMBER, decode, decode_stored, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ['":', '" :', '\\":', "{", "Đặng Thị Ước", "\\", '"', "\n"]
)
decimals = st.builds(
    lambda sign, digits, exponent: Decimal((sign, tuple(digits), exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=30),
    st.integers(-40, 40),
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | decimals | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
objects = st.dictionaries(texts, values, max_size=6)


def refusal(content: bytes | str) -> InvalidContent:
    with pytest.raises(InvalidContent) as caught:
        decode(content)
    return caught.value


def written(value: object) -> str:
    """A number as JSON reads it back: sign, digits and exponent, which ``==`` does not compare."""
    if (
        type(value) is Decimal
        and value == value.to_integral_value()
        and "E" not in str(value)
        and "." not in str(value)
    ):
        return repr(int(value))  # a Decimal without point or power is written as, and is, a whole number
    return repr(value)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return written(left) == written(right)


@given(objects)
def test_what_is_encoded_decodes_to_the_same_values_and_digits(value: dict[str, Any]) -> None:
    assert same(value, decode(encode(value)))


@given(objects, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_layout_and_escapes_change_nothing(value: dict[str, Any], indent: int | str | None, ascii_only: bool) -> None:
    plain = json.loads(json.dumps(value, default=float))
    separators = (" , ", " : ")
    text = json.dumps(plain, indent=indent, ensure_ascii=ascii_only, separators=separators)
    assert json.loads(encode(decode(text))) == json.loads(text)


@pytest.mark.parametrize("digits", ["20.50", "1.0E+3", "0.000", "-0.10", "1E-7", "100000000000000000000.5"])
def test_a_decimal_keeps_its_digits(digits: str) -> None:
    assert encode(decode(f'{{"value":{digits}}}')) == f'{{"value":{digits}}}'.encode()


def test_whole_numbers_stay_whole() -> None:
    assert decode('{"a":123456789012345678901234567890,"b":-5}') == {"a": 123456789012345678901234567890, "b": -5}
    assert type(decode('{"a":1.0}')["a"]) is Decimal


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ('{"resourceType":"Patient","id":"1","id":"2"}', ["Patient.id"]),
        ('{"resourceType":"Patient","name":[{},{"given":["a"],"given":["b"]}]}', ["Patient.name[1].given"]),
        ('{"resourceType":"X","a":1,"\\u0061":2}', ["X.a"]),
        ('{"a" : 1, "b":{"c"\n:1, "c"\t:2}, "a":3}', ["a", "b.c"]),
        ('{"a":{"x":1,"x":2},"a":3}', ["a"]),
        ('{"s":"\\":","a":1,"a":1}', ["a"]),
        ('{"":1,"":2}', [""]),
        ('{"a":"\\u003a","a":"\\u003A:"}', ["a"]),
    ],
)
def test_a_property_that_stands_twice_is_refused_with_its_place(content: str, places: list[str]) -> None:
    error = refusal(content)
    assert [issue.expression for issue in error.issues] == places
    assert {issue.message.id for issue in error.issues} == {"CNF-1004"}


@pytest.mark.parametrize(
    "content",
    [
        '{"a":"\\":\\": : \\" :","b":"\\\\"}',
        '{"a":["x","\\" :","y"],"b":{"a":{"a":1}}}',
        '{"url":"http://a:80/\\":x","d":":"}',
        '{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":1}]}',
        '{"a":"\\u003a\\u003C","b":"]}[{","c":"[]{}"}',
    ],
)
def test_quotes_and_colons_in_strings_are_no_properties(content: str) -> None:
    assert decode(content) == json.loads(content)


@given(objects, texts, values, values)
def test_any_repeated_property_is_found(value: dict[str, Any], name: str, first: Any, second: Any) -> None:
    rest = encode(value).decode()[1:-1]
    key = encode(name).decode()
    body = f"{key}:{encode(first).decode()},{key} :{encode(second).decode()}" + (f",{rest}" if rest else "")
    assert {issue.message.id for issue in refusal(f'{{"inner":[{{{body}}}]}}').issues} == {"CNF-1004"}


def test_thousands_of_repeated_properties_are_refused_soon() -> None:
    def lines(count: int) -> int:
        content = "{" + ",".join(f'"k{number % count}":1' for number in range(2 * count)) + "}"
        assert len(refusal(content).issues) <= 50
        return lines_run(lambda: refusal(content))

    assert lines(60_000) < 10.5 * lines(6_000)


@pytest.mark.parametrize(
    ("content", "message", "line", "column"),
    [
        (b'{"a":NaN}', "CNF-1001", 1, 6),
        (b'{"a":-Infinity}', "CNF-1001", 1, 7),
        (b'{"a":01}', "CNF-1001", 1, 7),
        (b'{"a":1}x', "CNF-1001", 1, 9),
        (b'{"a":\n  1,\n "b":]}', "CNF-1001", 3, 6),
        ('{"Đặng":x}'.encode(), "CNF-1001", 1, 9),
        (b'{"a":"\x01"}', "CNF-1001", 1, 7),
        (b'{"a":"\\ud800"}', "CNF-1001", 1, 15),
        (b'{"a":1', "CNF-1001", 1, 7),
        (b"", "CNF-1001", 1, 1),
        (b'{"a":"\xff"}', "CNF-1002", None, None),
        ('{"a":"\udc80"}', "CNF-1002", None, None),
        (b"[]", "CNF-1003", None, None),
        (b"null", "CNF-1003", None, None),
        (b"3.5", "CNF-1003", None, None),
    ],
)
def test_what_is_no_json_object_is_refused_with_its_place(
    content: bytes | str, message: str, line: int | None, column: int | None
) -> None:
    (issue,) = refusal(content).issues
    assert (issue.message.id, issue.line, issue.column) == (message, line, column)
    assert issue.text("vi") != issue.text("en")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert decode(b'\xef\xbb\xbf{"a":1}') == decode('\ufeff{"a":1}') == {"a": 1}


def test_depth_is_limited() -> None:
    for least in ("1", '"[{[{"', '"}]"'):
        assert decode('{"a":' * MAX_DEPTH + least + "}" * MAX_DEPTH)
    for content in ('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1), "[" * 1_000_000, '{"a":' * 500_000):
        assert refusal(content).issues[0].message.id == "CNF-1005"


@pytest.mark.parametrize(
    "number",
    ["1e400000000", "-1E-400000000", "1e1000000000000000000000", "9" * 100_000, "1." + "1" * 100_000, "0e-5000000"],
)
def test_numbers_that_no_one_can_calculate_with_are_refused_at_once(number: str) -> None:
    """Calculating with one would not end."""
    assert refusal(f'{{"a":{number}}}').issues[0].message.id == "CNF-1006"
    assert lines_run(lambda: refusal(f'{{"a":{number}}}')) < 300


def test_numbers_up_to_the_limit_are_exact() -> None:
    number = "0." + "7" * (MAX_NUMBER - 10)
    assert encode(decode(f'{{"a":{number}}}')) == f'{{"a":{number}}}'.encode()


def test_official_examples_survive(testdata: Path) -> None:
    seen = 0
    for path in sorted(testdata.glob("examples/**/*.json")):
        resource = decode(path.read_bytes())
        assert decode(encode(resource)) == resource
        seen += 1
    assert seen > 0


def test_what_was_read_before_is_read_the_same() -> None:
    content = '{"resourceType":"Observation","valueQuantity":{"value":20.50,"unit":"đ"},"n":[1,null,true]}'.encode()
    assert repr(decode_stored(content)) == repr(decode(content))
