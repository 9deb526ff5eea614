"""A home and a cache of the test's own, in which the specification is installed."""

from pathlib import Path

import pytest

from conformance.definitions import Definitions
from conformance.definitions.loading import base_file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, definitions: Definitions) -> Path:
    """The home folder; ``definitions`` makes sure that there is something to link to."""
    base = base_file()
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / base.name).symlink_to(base)
    monkeypatch.setenv("FHIR_SERVER_CACHE", str(cache))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "home"
