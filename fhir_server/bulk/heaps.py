"""A small heap of the C library, where it is glibc. https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html"""

from __future__ import annotations

import ctypes
from contextlib import suppress

_KILOBYTE = 1024
#: Settings as <malloc.h> numbers them, with what they are set to.
_SETTINGS = {
    # One heap for all threads: what is free in that of one thread is no use to the others, and the buffers of a load
    # or an import, which go from thread to thread, would fill several.
    -8: 1,
    # From this size on a block is given back when it is free. Else glibc raises the size to that of the largest block
    # so far, and the pieces of an import leave holes in the heap.
    -3: 128 * _KILOBYTE,
    # What may lie free at the end of the heap; setting it keeps glibc from raising it along with the size above.
    -1: 256 * _KILOBYTE,
}


def small_heap() -> None:
    """For this process, and for threads that are started from now on."""
    with suppress(AttributeError):  # Another C library has no such settings, and perhaps no need of them.
        library = ctypes.CDLL(None)
        for setting, value in _SETTINGS.items():
            library.mallopt(setting, value)
