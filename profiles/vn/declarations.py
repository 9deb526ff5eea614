"""Reads the declarations of the national profiles (TOML in ``declared``) and fills in the names of an installation.

A text may hold ``{sid:patient}``, ``{cs:visit-kind}``, ``{vs:visit-kind}``, ``{ext:as-of}``, ``{profile:patient}``
(URLs of ours) or ``{Community:CCCD}``, ``{Hl7:LOINC}`` (URLs of others); any other brace stays as it is.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from terminology.names import PROFILES, Community, Hl7, Names

Json = dict[str, Any]

_FOLDER = files(__package__) / "declared"
_PLACE = re.compile(r"\{(sid|cs|vs|ext|profile|Community|Hl7):([\w-]+)\}")

_NAMES: Mapping[str, Callable[[Names, str], str]] = MappingProxyType(
    {
        "sid": lambda names, name: names.sid(name),
        "cs": lambda names, name: names.code_system(name),
        "vs": lambda names, name: names.value_set(name),
        "ext": lambda names, name: names.extension(name),
        "profile": lambda names, name: names.profile(name),
        "Community": lambda _, name: str(getattr(Community, name)),
        "Hl7": lambda _, name: str(getattr(Hl7, name)),
    }
)


@cache
def declared(name: str) -> Json:
    """One declaration as it is written: ``extensions``, ``systems``, ``identifiers``, ``package``."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def profile(name: str) -> Json:
    """The declaration of one profile. Raises KeyError for a name that is none."""
    if name not in PROFILES:
        raise KeyError(name)
    return declared(f"profiles/{name}")


@cache
def claim_columns() -> tuple[Mapping[str, str], ...]:
    """The columns of the claim tables: code, tables, definition."""
    text = (_FOLDER / "claim-column.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def filled(value: Any, names: Names) -> Any:
    """The value with the names of an installation in all of its texts."""
    match value:
        case str():
            return _PLACE.sub(lambda found: _NAMES[found[1]](names, found[2]), value) if "{" in value else value
        case dict():
            return {key: filled(item, names) for key, item in value.items()}
        case list():
            return [filled(item, names) for item in value]
    return value
