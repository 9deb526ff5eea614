"""JSON Patch beside the official cases: what is refused, what is kept, and laws over random documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import FhirError, InvalidContent, TooCostly, Unprocessable
from conformance.json_codec import decode, encode
from conformance.patch import apply_json_patch
from conformance.patch.values import copied, is_same

DOCUMENT = {"a": [1, 2, 3], "b": {"c": "x"}, "~/": True}


def applied(*operations: dict[str, Any], document: Any = DOCUMENT) -> Any:
    return apply_json_patch(document, list(operations))


def refusal(patch: Any, document: Any = DOCUMENT) -> tuple[type[FhirError], str, str]:
    """Category, id and text of the failure."""
    before = copied(document)
    with pytest.raises(FhirError) as caught:
        apply_json_patch(document, patch)
    assert document == before
    (issue,) = caught.value.issues
    assert issue.text("vi")
    return type(caught.value), issue.message.id, issue.text()


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "add", "path": "/a/-", "value": 4}, DOCUMENT | {"a": [1, 2, 3, 4]}),
        ({"op": "add", "path": "/a/3", "value": 4}, DOCUMENT | {"a": [1, 2, 3, 4]}),
        ({"op": "add", "path": "/b", "value": None}, DOCUMENT | {"b": None}),
        ({"op": "add", "path": "", "value": [1]}, [1]),
        ({"op": "replace", "path": "", "value": {}}, {}),
        ({"op": "replace", "path": "/a/1", "value": {}}, DOCUMENT | {"a": [1, {}, 3]}),
        ({"op": "move", "from": "/a/0", "path": "/a/2"}, DOCUMENT | {"a": [2, 3, 1]}),
        ({"op": "move", "from": "/a", "path": "/a"}, DOCUMENT),
        ({"op": "copy", "from": "/b", "path": "/b/d"}, DOCUMENT | {"b": {"c": "x", "d": {"c": "x"}}}),
        ({"op": "copy", "from": "", "path": "/w"}, DOCUMENT | {"w": DOCUMENT}),
        ({"op": "test", "path": "/~0~1", "value": True}, DOCUMENT),
        ({"op": "test", "path": "", "value": {**DOCUMENT, "a": [1, Decimal("2.0"), 3]}}, DOCUMENT),
    ],
)
def test_applied(operation: dict[str, Any], expected: Any) -> None:
    assert applied(operation) == expected


@pytest.mark.parametrize(
    ("operation", "category", "id"),
    [
        ("x", InvalidContent, "CNF-1801"),
        ({"op": "put", "path": "/a"}, InvalidContent, "CNF-1802"),
        ({"op": ["add"], "path": "/a"}, InvalidContent, "CNF-1802"),
        ({"op": "add", "value": 1}, InvalidContent, "CNF-1803"),
        ({"op": "add", "path": "/a"}, InvalidContent, "CNF-1803"),
        ({"op": "move", "path": "/a"}, InvalidContent, "CNF-1803"),
        ({"op": "remove", "path": "a"}, InvalidContent, "CNF-1804"),
        ({"op": "remove", "path": "/a~"}, InvalidContent, "CNF-1804"),
        ({"op": "remove", "path": "/a~2"}, InvalidContent, "CNF-1804"),
        ({"op": "copy", "path": "/a", "from": "#/a"}, InvalidContent, "CNF-1804"),
        ({"op": "remove", "path": "/x/y"}, Unprocessable, "CNF-1805"),
        ({"op": "replace", "path": "/x", "value": 1}, Unprocessable, "CNF-1805"),
        ({"op": "add", "path": "/b/c/d", "value": 1}, Unprocessable, "CNF-1805"),
        ({"op": "move", "from": "/x", "path": "/y"}, Unprocessable, "CNF-1805"),
        ({"op": "add", "path": "/a/4", "value": 1}, Unprocessable, "CNF-1806"),
        ({"op": "add", "path": "/a/01", "value": 1}, Unprocessable, "CNF-1806"),
        ({"op": "add", "path": "/a/x", "value": 1}, Unprocessable, "CNF-1806"),
        ({"op": "remove", "path": "/a/-"}, Unprocessable, "CNF-1806"),
        ({"op": "remove", "path": "/a/3"}, Unprocessable, "CNF-1806"),
        ({"op": "remove", "path": "/a/٣"}, Unprocessable, "CNF-1806"),
        ({"op": "test", "path": "/a/0", "value": True}, Unprocessable, "CNF-1807"),
        ({"op": "test", "path": "/a/0", "value": "1"}, Unprocessable, "CNF-1807"),
        ({"op": "move", "from": "/b", "path": "/b/d"}, Unprocessable, "CNF-1808"),
        ({"op": "remove", "path": ""}, Unprocessable, "CNF-1809"),
    ],
)
def test_refused(operation: Any, category: type[FhirError], id: str) -> None:
    assert refusal([operation])[:2] == (category, id)


def test_failure_names_the_operation_and_undoes_those_before_it() -> None:
    operations = [{"op": "remove", "path": "/a/0"}, {"op": "test", "path": "/b/c", "value": "y"}]
    assert refusal(operations)[2] == "Operation 1 (test /b/c): another value stands there."


@pytest.mark.parametrize("patch", [None, {}, "add", 1])
def test_what_is_no_list_is_refused(patch: Any) -> None:
    assert refusal(patch)[:2] == (InvalidContent, "CNF-1801")


def test_values_are_not_shared_with_the_patch() -> None:
    patch = [
        {"op": "add", "path": "/n", "value": {"m": []}},
        {"op": "add", "path": "/n/m/-", "value": 1},
        {"op": "copy", "from": "/n", "path": "/o"},
        {"op": "add", "path": "/n/m/-", "value": 2},
    ]
    assert apply_json_patch({}, patch) == {"n": {"m": [1, 2]}, "o": {"m": [1]}}
    assert patch[0]["value"] == {"m": []}


def test_numbers_keep_their_digits_and_members_their_order() -> None:
    content = b'{"a":20.50,"b":1E+2,"c":[0.10]}'
    patch = [{"op": "replace", "path": "/b", "value": Decimal("7.00")}, {"op": "add", "path": "/a", "value": 1}]
    patched = apply_json_patch(decode(content), patch)
    assert encode(patched) == b'{"a":1,"b":7.00,"c":[0.10]}'
    assert encode(apply_json_patch(decode(content), [])) == encode(decode(content))


def test_copies_that_grow_without_end_are_too_costly() -> None:
    doubling = [{"op": "copy", "from": "/x", "path": "/x/-"}] * 60
    assert refusal(doubling, {"x": [0] * 1000})[:2] == (TooCostly, "CNF-1811")
    widening = [{"op": "copy", "from": "", "path": f"/{n}"} for n in range(60)]
    assert refusal(widening, {"x": [0] * 1000})[:2] == (TooCostly, "CNF-1811")


def test_result_is_never_deeper_than_what_can_be_read() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = {"x": deep}
    move = {"op": "copy", "from": "/x", "path": "/x" * 60}
    assert refusal([move], deep)[:2] == (Unprocessable, "CNF-1810")


SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1"]) | st.just(Decimal("1.0"))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab/~01"), inner, max_size=4),
    max_leaves=12,
)


def difference(one: Any, other: Any, path: str = "") -> list[dict[str, Any]]:
    """Operations that make ``other`` of ``one``."""
    if type(one) is dict and type(other) is dict:
        names = {name: f"{path}/{name.replace('~', '~0').replace('/', '~1')}" for name in [*one, *other]}
        gone = [{"op": "remove", "path": names[name]} for name in one if name not in other]
        new = [{"op": "add", "path": names[name], "value": other[name]} for name in other if name not in one]
        return (
            gone
            + new
            + [row for name in one if name in other for row in difference(one[name], other[name], names[name])]
        )
    if type(one) is list and type(other) is list:
        shared = min(len(one), len(other))
        gone = [{"op": "remove", "path": f"{path}/{shared}"}] * (len(one) - shared)
        new = [{"op": "add", "path": f"{path}/-", "value": value} for value in other[shared:]]
        return gone + new + [row for n in range(shared) for row in difference(one[n], other[n], f"{path}/{n}")]
    return [] if is_same(one, other) else [{"op": "replace", "path": path, "value": other}]


@given(VALUES, VALUES)
def test_law_a_difference_leads_from_one_document_to_the_other(one: Any, other: Any) -> None:
    before, patch = copied(one), difference(one, other)
    patched = apply_json_patch(one, [*patch, {"op": "test", "path": "", "value": other}])
    assert is_same(patched, other)
    assert is_same(one, before)


OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
        "path": st.lists(st.sampled_from(["a", "b", "0", "1", "-", "~0", "~1"]), max_size=3).map(
            lambda steps: "".join(f"/{step}" for step in steps)
        ),
        "from": st.lists(st.sampled_from(["a", "b", "0", "1"]), max_size=2).map(
            lambda steps: "".join(f"/{step}" for step in steps)
        ),
        "value": VALUES,
    }
)


@given(VALUES, st.lists(OPERATIONS, max_size=5))
def test_law_any_patch_applies_or_is_refused_and_the_input_stays(document: Any, patch: list[dict[str, Any]]) -> None:
    before, same_patch = copied(document), copied(patch)
    try:
        apply_json_patch(document, patch)
    except FhirError as error:
        assert error.issues[0].params["index"] in range(len(patch))  # noqa: PT017
    assert is_same(document, before)
    assert is_same(patch, same_patch)
