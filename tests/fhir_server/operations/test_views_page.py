"""The how-to of the page on views is one that the server accepts, as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fhir_asking import Asking

PAGE = (Path(__file__).parents[3] / "docs" / "views.md").read_text("utf-8")


def test_the_export_of_the_page_is_accepted(fhir: Asking) -> None:
    (body,) = re.findall(r"<<'EOF'\n(.*?)\nEOF\n", PAGE, re.DOTALL)
    answer = fhir.ask("POST", "/$viewdefinition-export", json.loads(body), is_async=True)
    assert answer.status == 202, answer.body
    told = {row["name"]: row.get("valueString") for row in json.loads(answer.body)["parameter"]}
    assert told["clientTrackingId"] in PAGE


def test_the_page_names_what_a_manifest_has() -> None:
    names = "exportId clientTrackingId status location _format exportStartTime exportEndTime exportDuration output"
    assert [name for name in names.split() if f"`{name}`" not in PAGE] == []
