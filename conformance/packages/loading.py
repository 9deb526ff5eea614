"""Loads installed packages beside the specification: each file is mapped, nothing of it read before it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.definitions.cache import Archive
from conformance.definitions.layers import PackedLayer
from conformance.definitions.loading import base_archive, base_file
from conformance.definitions.registry import Definitions
from conformance.packages import messages
from conformance.packages.lock import read_lock


class PackageArchive(Archive):
    """The compiled file of an installed package; its errors name the command that makes it anew."""

    absent = messages.COMPILED_ABSENT
    damaged = messages.COMPILED_DAMAGED


def load(packages: Iterable[str] | None = None, loose: Iterable[Mapping[str, Any]] = ()) -> Definitions:
    """The specification's definitions with those of all installed packages, or of the named ones (``name#version``,
    ``name#1.2.x`` or ``name`` for the latest) and all that they need, and with ``loose`` resources over them.

    A package goes before those that it depends on, else the one that was added later before the earlier. One object
    per process and choice of packages. Raises NotFound for a package that is not installed, Unavailable when something
    must be installed anew, naming the command.
    """
    rows = read_lock().by_precedence(packages)
    definitions = _load(base_file(), tuple((row.path, row.sha256) for row in rows))
    rest = list(loose)
    return definitions.with_loose(rest) if rest else definitions


@lru_cache(maxsize=4)
def _load(base: Path, packages: tuple[tuple[Path, str], ...]) -> Definitions:
    return Definitions(base_archive(base), [PackedLayer(_opened(*package)) for package in packages])


def _opened(path: Path, digest: str) -> Archive:
    archive = PackageArchive(path, whole=False)
    if archive.header.digest != digest:
        raise archive.damage("it is not what the list of packages names")
    return archive
