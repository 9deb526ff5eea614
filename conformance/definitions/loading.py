"""Where compiled definitions are kept, and loading them. One file per package and compiler version stands in
``$FHIR_SERVER_CACHE``, else ``$XDG_CACHE_HOME/fhir-server``, else ``~/.cache/fhir-server``."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from conformance import messages
from conformance.definitions.cache import COMPILER, Archive
from conformance.definitions.registry import Definitions
from conformance.errors import Unavailable

_SUFFIX = ".definitions"


def cache_directory() -> Path:
    """Where compiled definitions are kept."""
    own = os.environ.get("FHIR_SERVER_CACHE")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "fhir-server"


def load() -> Definitions:
    """The installed definitions of the specification, one object per process; ``conformance.packages.load`` adds those
    of packages. Raises Unavailable, which names ``fhir-server init``."""
    return _load(base_file())


def base_file() -> Path:
    """The compiled file of the specification. Raises Unavailable, which names ``fhir-server init``."""
    newest = next(iter(installed()), None)
    if newest is None:
        raise Unavailable.of(messages.DEFINITIONS_ABSENT, directory=cache_directory())
    return newest


def installed() -> list[Path]:
    """Compiled files of this compiler, the last installed one first."""
    files = cache_directory().glob(f"r4-{COMPILER}-*{_SUFFIX}")
    return sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)


def path_for(digest: str) -> Path:
    """Where the compiled file of the package with this sha256 belongs."""
    return cache_directory() / f"r4-{COMPILER}-{digest[:16]}{_SUFFIX}"


@lru_cache(maxsize=4)
def base_archive(path: Path) -> Archive:
    """The opened file of the specification, which all definitions of a process share. Raises Unavailable."""
    return Archive(path)


@lru_cache(maxsize=4)
def _load(path: Path) -> Definitions:
    return Definitions(base_archive(path))
