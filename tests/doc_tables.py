"""The tables of a page under ``docs/``, and the tests that it names."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


def page(name: str) -> str:
    """The text of a page."""
    return (ROOT / "docs" / name).read_text("utf-8")


def rows(text: str, heading: str = "") -> list[list[str]]:
    """The cells of each row of the first table, or of the one below a heading of the second level."""
    section = text.partition(f"\n## {heading}\n")[2] if heading else text
    lines = re.findall(r"(?:^\| .*\n)+", section.partition("\n## ")[0].replace("|---", "| ---"), re.MULTILINE)[0]
    cells = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines.splitlines()]
    return [[cell.strip() for cell in row] for row in cells[2:]]


@cache
def known() -> frozenset[str]:
    """The names of all tests of the project, without ``test_``."""
    sources = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return frozenset(re.findall(r"^(?:async )?def test_(\w+)\(", "\n".join(sources), re.MULTILINE))


def named(row: list[str]) -> list[str]:
    """The tests that the last cell of a row names; nothing else may stand there."""
    assert re.fullmatch(r"`\w+`(, `\w+`)*", row[-1]), row
    return re.findall(r"\w+", row[-1])


def mentioned(text: str) -> set[str]:
    """What the text of a page calls a test: four words or more, joined."""
    return set(re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){3,})`", text))
