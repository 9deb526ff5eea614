"""The page ``docs/issues.md``: every message of every catalogue, made from the catalogues themselves.

Run ``python tests/issue_catalogue.py`` to write the page after a message was added or changed.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from conformance import issues
from conformance.issues import Message

FLOORS = ("conformance", "terminology", "profiles", "mappers", "fhir_server")

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "issues.md"

AREAS = {
    "FHIR": "General",
    "CNF": "JSON, primitive types, FHIRPath, definitions (`conformance`)",
    "SNP": "Snapshots (`conformance.snapshots`)",
    "VAL": "Validation (`profiles`)",
    "REQ": "Requests and search (`fhir_server`)",
    "RST": "Interactions and the store (`fhir_server`)",
    "MAP": "Mapping (`mappers`)",
    "BLK": "Command line and bulk (`fhir_server`)",
}

HEAD = """# Issues

Every issue of a validation, a mapping or a request carries one of these ids in `details.coding`
(system `{system}`). An id never changes its meaning; texts may be improved. Words in braces are filled in.

*This page is generated from the message catalogues: `python tests/issue_catalogue.py`.*
"""


def catalogues() -> Iterator[str]:
    """Names of the modules that are called ``messages`` or define a message."""
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            if path.name == "messages.py" or " = Message(" in path.read_text(encoding="utf-8"):
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts)


def messages() -> list[Message]:
    """Every message, in the order of ids; one that another module imports is listed once."""
    modules = map(importlib.import_module, catalogues())
    found = {id(value): value for module in modules for value in vars(module).values() if isinstance(value, Message)}
    return sorted(found.values(), key=lambda message: message.id)


def page() -> str:
    """The whole page as Markdown."""
    parts = [HEAD.format(system=issues.MESSAGE_SYSTEM)]
    rows = messages()
    for prefix, title in AREAS.items():
        chosen = [message for message in rows if message.id.partition("-")[0] == prefix]
        if chosen:
            parts.append(f"## {title}\n\n" + "\n".join(_table(chosen)) + "\n")
    return "\n".join(parts)


def _table(rows: list[Message]) -> Iterator[str]:
    yield "| id | severity | code | English | Tiếng Việt |"
    yield "|---|---|---|---|---|"
    for row in rows:
        yield f"| {row.id} | {row.severity} | {row.code} | {_cell(row.en)} | {_cell(row.vi)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
