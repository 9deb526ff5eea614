"""Ranges of bytes. https://www.rfc-editor.org/rfc/rfc9110#section-14"""

from __future__ import annotations

import re

_one = re.compile(r"bytes\s*=\s*(\d*)-(\d*)\s*").fullmatch


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """``[start, end)`` of a Range header with one range; None when the whole is to be sent.

    Raises ValueError for a range that lies outside.
    """
    found = _one(header)
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        length = int(found[2])
        start, end = max(0, size - length), size
    else:
        start = int(found[1])
        end = min(size, int(found[2]) + 1) if found[2] else size
        if found[2] and int(found[2]) < start:
            return None
    if start >= size or start >= end:
        raise ValueError(header)
    return start, end
