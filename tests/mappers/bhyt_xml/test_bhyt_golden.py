"""Golden folders: each ``input.xml`` gives exactly ``expected.ndjson`` and ``issues.ndjson``.

``FHIR_UPDATE_GOLDEN=1`` writes them anew; read the difference before committing it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from strategies.claim_source import read

_ROOT = Path(__file__).parents[2] / "golden" / "bhyt_xml"
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _lines(folder: Path) -> tuple[str, str]:
    units, issues = read((folder / "input.xml").read_bytes(), f"{folder.name}.xml")
    made = [item for unit in units for item in (*unit.resources, *unit.shared)]
    told = [*issues, *(issue for unit in units for issue in unit.issues)]
    resources = "".join(f"{_ENCODER.encode(item).decode()}\n" for item in made)
    return resources, "".join(f"{json.dumps(issue.as_dict(), ensure_ascii=False)}\n" for issue in told)


@pytest.mark.parametrize("folder", sorted(_ROOT.iterdir()), ids=lambda folder: folder.name)
def test_golden(folder: Path) -> None:
    actual = dict(zip(("expected.ndjson", "issues.ndjson"), _lines(folder), strict=True))
    for name, text in actual.items():
        if os.environ.get("FHIR_UPDATE_GOLDEN"):
            (folder / name).write_text(text, encoding="utf-8")
        assert text == (folder / name).read_text(encoding="utf-8")
