"""The catalogue of validation findings: one file for each cause, ids as they ever were."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest
from issue_catalogue import PAGE

from conformance.issues import Message
from profiles import messages

FILES = {
    "elements": ("20", "21", "22"),
    "terminology": ("23",),
    "references": ("24",),
    "extensions": ("25",),
    "narrative": ("26",),
    "profiled": ("27",),
    "questionnaires": ("28",),
    "bundles": ("29",),
}


def catalogue(name: str) -> dict[str, Message]:
    values = vars(import_module(name))
    return {key: value for key, value in values.items() if isinstance(value, Message)}


def test_every_file_has_its_range() -> None:
    assert {one.name for one in iter_modules(messages.__path__)} == set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_a_finding_stands_in_the_file_of_its_cause_and_is_found_in_the_package(file: str) -> None:
    known = catalogue("profiles.messages")
    here = catalogue(f"profiles.messages.{file}")
    assert here
    for name, message in here.items():
        assert message.id.startswith(tuple(f"VAL-{number}" for number in FILES[file])), name
        assert known[name] is message
    ids = [message.id for message in here.values()]
    assert ids == sorted(ids)


def test_ids_are_those_of_the_page() -> None:
    rows = PAGE.read_text(encoding="utf-8").splitlines()
    listed = [row.split("|")[1].strip() for row in rows if row.startswith("| VAL-")]
    found = [message.id for message in catalogue("profiles.messages").values()]
    assert sorted(found) == listed
    assert len(set(found)) == len(found)
