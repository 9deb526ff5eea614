"""The examples of ``docs/python-api.md`` do what the page says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from conformance.definitions import Definitions

PAGE = Path(__file__).parents[2] / "docs" / "python-api.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 5


def test_the_examples_work(definitions: Definitions, capsys: pytest.CaptureFixture[str]) -> None:
    test = doctest.DocTestParser().get_doctest("\n".join(BLOCKS), {}, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    results = doctest.DocTestRunner().run(test, out=told.append)
    assert results.failed == 0, "".join(told)
    assert results.attempted >= 12
