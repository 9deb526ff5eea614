"""Places in JSON: the offset of every element is found again by its expression."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from conformance.json_source import positions

TEXT = """{
  "resourceType": "Patient",
  "name": [{"family": "A"},
           {"given": ["B", "C\\"]"], "_given": [null, {"id": "x"}]}],
  "deceasedBoolean": true,
  "_birthDate": {"extension": [{"url": "u"}]}
}
"""


def test_places_of_elements() -> None:
    asked = {
        "Patient": (1, 1),
        "Patient.name": (3, 3),
        "Patient.name[1]": (4, 12),
        "Patient.name[1].given[1]": (4, 28),
        "Patient.deceased.ofType(boolean)": (5, 3),
        "Patient.birthDate.extension[0].url": (6, 33),
    }
    assert dict(zip(asked, positions(TEXT, list(asked)), strict=True)) == asked


def test_what_is_missing_is_where_it_should_be() -> None:
    assert positions(TEXT.encode(), ["Patient.name[0].given[3]", "Patient.telecom"]) == [(3, 12), (1, 1)]


names = st.text('abcde{}[],:"\\ \n', min_size=1, max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names.filter(lambda n: n[0] != "_"), inner, max_size=3),
    max_leaves=20,
)


@given(value=st.dictionaries(st.from_regex(r"[a-z]{1,3}", fullmatch=True), values, min_size=1, max_size=4))
def test_every_property_is_found(value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1)
    lines = text.split("\n")
    for name, (line, column) in zip(value, positions(text, [f"Basic.{name}" for name in value]), strict=True):
        assert lines[line - 1][column - 1 :].startswith(f'"{name}"')
