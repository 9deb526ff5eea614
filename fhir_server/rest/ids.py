"""New logical ids: random UUIDs. https://hl7.org/fhir/R4/resource.html#id"""

from __future__ import annotations

import os

_SIZE = 16
_POOL = 256 * _SIZE


class NewIds:
    """Makes UUIDs of version 4 from the system's random source, asked for 256 at a time.

    Each call to that source lets go of the interpreter, and a busy writer thread keeps it for milliseconds then.
    """

    def __init__(self) -> None:
        self._pool = b""
        self._next = _POOL

    def __call__(self) -> str:
        """A new id."""
        if self._next >= len(self._pool):
            self._pool, self._next = os.urandom(_POOL), 0
        raw = self._pool[self._next : self._next + _SIZE]
        self._next += _SIZE
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[raw[8] & 3]}{text[17:20]}-{text[20:]}"
