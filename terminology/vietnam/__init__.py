"""Small national code lists of Vietnam, kept as data files: code and Vietnamese display.

Sources and how sure they are stand in ``docs/mapping/``. Province codes were re-used on 1 July 2025, so a province
needs a date.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

#: The day on which 34 provinces replaced 63 and districts ended.
PROVINCES_CHANGED = "2025-07-01"

_LISTS = files(__package__) / "lists"


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one list as dicts by column; FileNotFoundError for a list that does not exist."""
    text = (_LISTS / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def displays(name: str) -> Mapping[str, str]:
    """Display by code of one list."""
    return MappingProxyType({row["code"]: row["display"] for row in rows(name)})


def list_names() -> tuple[str, ...]:
    """Names of all lists, sorted."""
    return tuple(sorted(entry.name.removesuffix(".csv") for entry in _LISTS.iterdir() if entry.name.endswith(".csv")))


def province(code: str, day: str) -> str | None:
    """Name of the province that ``code`` meant on ``day`` (ISO date); a code that only the other era knows, by that."""
    eras = ("province", "province-before-2025-07")
    now, other = eras if day >= PROVINCES_CHANGED else reversed(eras)
    return displays(now).get(code) or displays(other).get(code)


def successor(old_code: str) -> str | None:
    """Code since 1 July 2025 of a province of the 63; None for a code that was none."""
    return next((row["successor"] for row in rows("province-before-2025-07") if row["code"] == old_code), None)
