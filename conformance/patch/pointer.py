"""JSON Pointer. https://www.rfc-editor.org/rfc/rfc6901"""

from __future__ import annotations

import re

_is_pointer = re.compile(r"(?:/(?:[^~/]|~[01])*)*", re.DOTALL).fullmatch
_is_index = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII).fullmatch

#: Behind the last element of a list.
END = "-"


def tokens(pointer: str) -> tuple[str, ...] | None:
    """The reference tokens of ``pointer``, unescaped, none for the whole document; None when it is no pointer."""
    if _is_pointer(pointer) is None:
        return None
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def index(token: str) -> int | None:
    """The place in a list that a token names, from 0; None when it names none."""
    return int(token) if _is_index(token) else None
