"""Records: values kept beside the resources, packed when that helps."""

from __future__ import annotations

import zstandard

_PLAIN, _PACKED = b"\x00", b"\x01"
_WORTH_PACKING = 256


def packed_record(value: bytes) -> bytes:
    """The stored form: a marker byte and the value, packed when it is long."""
    if len(value) < _WORTH_PACKING:
        return _PLAIN + value
    return _PACKED + zstandard.ZstdCompressor(level=3).compress(value)


def unpacked_record(stored: bytes) -> bytes:
    """The value of a stored form."""
    if stored[:1] == _PLAIN:
        return stored[1:]
    return zstandard.ZstdDecompressor().decompress(stored[1:])
