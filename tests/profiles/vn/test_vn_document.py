"""The published pages are what the declarations say."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiles.vn.declarations import profile
from profiles.vn.document import documents, main
from terminology.names import EXTENSIONS, PROFILES

DOCS = Path(__file__).parents[3] / "docs" / "profiles"


@pytest.mark.parametrize("page", sorted(documents()))
def test_the_page_is_up_to_date(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == documents()[page], "run: python -m profiles.vn.document"


@pytest.mark.parametrize("page", sorted(documents()))
def test_the_page_tells_every_profile_element_and_extension(page: str) -> None:
    text = documents()[page]
    for name in PROFILES:
        assert f"\n## {name}\n" in text
        assert all(f"| `{key}` |" in text for key in profile(name)["elements"])
    assert all(f"`ext-{name}`" in text for name in EXTENSIONS)


def test_pages_are_written(tmp_path: Path) -> None:
    main(str(tmp_path / "profiles"))
    assert sorted(path.name for path in (tmp_path / "profiles").iterdir()) == ["README.md", "README.vi.md"]
