"""One heap of the C library for all threads of a process, where it is glibc.

It gives threads heaps of their own, and what is free in one is no use to the others: the buffers of a load, an import
or an export, which go from thread to thread, would fill several. https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

#: The number of heaps, as <malloc.h> calls it.
_ARENA_MAX = -8


def one_heap() -> None:
    """Threads that are started from now on share the heap of this one."""
    with suppress(AttributeError):  # Another C library has no such setting, and perhaps no need of it.
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
