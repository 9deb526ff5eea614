"""Every target of the mapping tables has a profile element that names the column."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mappers.bhyt_xml.schema.tables import TABLES
from profiles.vn.declarations import filled, profile
from terminology.names import PROFILES, Names

CHOICES = ("value", "effective", "performed", "occurrence", "medication", "item", "location", "serviced", "procedure")
CHOICE = re.compile(rf"\b({'|'.join(CHOICES)})(Quantity|String|DateTime|Period|CodeableConcept)\b")
TARGETS = [
    (f"{table.name}.{column.name}", target)
    for table in TABLES.values()
    for column in table.columns.values()
    for target in column.targets
]


def places() -> Iterator[tuple[str, str]]:
    """(place as the mapping tables write it, source column) of all elements of all profiles."""
    for name in PROFILES:
        stated = filled(profile(name), Names())
        for key, row in stated["elements"].items():
            url = row.get("ext") or row.get("url", row.get("profile", "")).rpartition("/")[2]
            shown = re.sub(r"extension:[\w-]+$", f"extension({url})", key)
            shown = re.sub(r":[\w-]+", "", shown).replace("[x]", "")
            yield from ((f"{stated['type']}.{shown}", source) for source in row.get("src", "").split())


KNOWN = frozenset(places())


def above(target: str) -> list[str]:
    """The target and its ancestors below the resource."""
    steps = CHOICE.sub(lambda found: found[1], target).split(".")
    return [".".join(steps[:count]) for count in range(len(steps), 1, -1)]


@pytest.mark.parametrize(("column", "target"), TARGETS, ids=[f"{column}->{target}" for column, target in TARGETS])
def test_the_target_has_an_element_that_names_its_column(column: str, target: str) -> None:
    assert any((place, column) in KNOWN for place in above(target))


def test_every_type_that_the_mapping_writes_has_a_profile() -> None:
    written = {target.partition(".")[0] for _, target in TARGETS} | {"Organization", "Practitioner", "Location"}
    assert written <= {profile(name)["type"] for name in PROFILES}
