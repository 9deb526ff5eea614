"""Examples of the national profiles, valid and invalid: synthetic persons, one file for each profile.

A file holds a list of examples: ``name``, what it ``shows``, a ``resource`` in full or as ``base`` with ``change``
(element -> new value, null takes it away), and for an invalid one what it ``breaks``: part of the issue's location.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from profiles.vn.declarations import Json, filled
from terminology.names import Names

_FOLDER = files(__package__) / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """One example. ``breaks`` is empty for a valid one, else the place and the rule that an issue must name."""

    name: str
    profile: str
    shows: str
    content: Mapping[str, Any]
    breaks: str = ""
    severity: str = "error"

    def resource(self, names: Names) -> Json:
        """The resource, claiming its profile, with the names of an installation."""
        made: Json = filled(dict(self.content), names)
        kind = made.pop("resourceType")
        return {"resourceType": kind, "id": self.name, "meta": {"profile": [names.profile(self.profile)]}, **made}


@cache
def examples() -> tuple[Example, ...]:
    """All examples, by file and place."""
    paths = sorted((entry for entry in _FOLDER.iterdir() if entry.name.endswith(".json")), key=lambda entry: entry.name)
    return tuple(
        example
        for path in paths
        for example in _of(
            path.name.removesuffix(".json"), json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        )
    )


def _of(profile: str, rows: list[Json]) -> list[Example]:
    whole = {row["name"]: row["resource"] for row in rows if "resource" in row}
    return [
        Example(
            row["name"],
            profile,
            row["shows"],
            row.get("resource") or _changed(whole[row["base"]], row["change"]),
            row.get("breaks", ""),
            row.get("severity", "error"),
        )
        for row in rows
    ]


def _changed(resource: Json, change: Json) -> Json:
    changed = resource | change
    return {name: value for name, value in changed.items() if value is not None}
