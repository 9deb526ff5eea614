"""Names, versions and version ranges of packages. https://hl7.org/fhir/R4/packages.html

A dependency states a version (``1.2.0``), a range by its open end (``1.2.x``) or a name for what is newest (``latest``,
and ``current`` or ``dev`` for builds that were never released).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from conformance.definitions.versions import order

#: The specification's own package, which is the installed base.
BASE = "hl7.fhir.r4.core"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,213}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}")
_OPEN_END = re.compile(r"\.[xX*]")
_NEWEST = frozenset({"", "*", "x", "X", "latest", "current", "dev"})
#: Builds that were never released: a place holds them under that name, or not at all.
BUILDS = frozenset({"current", "dev"})


def label_of(name: str, version: str) -> str:
    """``name#version``."""
    return f"{name}#{version}" if version else name


def parse_label(text: str) -> tuple[str, str] | None:
    """Name and version of ``name#version``; the version may be a range. None for any other text."""
    name, mark, version = text.partition("#")
    return (name, version) if mark and is_name(name) and is_wanted(version) else None


def is_name(text: str) -> bool:
    """True for what can be the name of a package, and so of a file."""
    return _NAME.fullmatch(text) is not None


def is_version(text: str) -> bool:
    """True for what can be the version of a package, and so part of a file name."""
    return _VERSION.fullmatch(text) is not None


def is_wanted(text: str) -> bool:
    """True for a version or a range of versions."""
    return text in _NEWEST or is_version(_OPEN_END.sub(".x", text))


def is_exact(wanted: str) -> bool:
    """True for a version, False for a range of them."""
    return wanted not in _NEWEST and _OPEN_END.search(wanted) is None


def satisfies(version: str, wanted: str) -> bool:
    """True when ``version`` is what a dependency on ``wanted`` asks for."""
    if wanted in _NEWEST:
        return True
    head, *opened = _OPEN_END.split(wanted)
    return version.startswith(head + ".") if opened else version == wanted


def newest(versions: Iterable[str], wanted: str) -> str | None:
    """The best of ``versions`` for ``wanted``: the latest, a released one before any that is not. None if none fits."""
    suitable = (version for version in versions if satisfies(version, wanted))
    return max(suitable, key=lambda version: ("-" not in version, order(version)), default=None)
