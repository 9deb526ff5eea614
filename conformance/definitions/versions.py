"""Versions of canonical resources and packages: which one is later, and which ones a reference means.

https://hl7.org/fhir/R4/references.html#canonical
"""

from __future__ import annotations

import re

#: Numbers joined by dots, perhaps a pre-release; what follows a plus sign does not count. https://semver.org
_NUMBERED = re.compile(r"[vV]?(\d{1,18}(?:\.\d{1,18})*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d)?")
_PIECES = re.compile(r"\d{1,18}|\D+")

#: Greater for the later version.
Order = tuple[int, tuple[int, ...], int, tuple[tuple[int, int, str], ...]]


def order(version: str) -> Order:
    """A key that sorts versions: ``1.9`` before ``1.10``, ``2.0.0-ballot`` before ``2.0.0``, dates by the calendar.

    What is no numbered version goes before all that are, in natural order; no version at all goes first.
    """
    if _DATE.fullmatch(version):
        return 2, tuple(map(int, version.split("-"))), 1, ()
    numbered = _NUMBERED.fullmatch(version)
    if numbered is None:
        return (1 if version else 0), (), 1, _natural(version)
    numbers = tuple(map(int, numbered[1].split(".")))
    return 2, numbers, int(numbered[2] is None), _natural(numbered[2] or "")


def agrees(version: str, wanted: str) -> bool:
    """True when ``version`` is what ``wanted`` asks for: itself, ``1.2`` for any 1.2.x, nothing for any."""
    return wanted in ("", version) or version.startswith(wanted + ".")


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in _PIECES.findall(text))
