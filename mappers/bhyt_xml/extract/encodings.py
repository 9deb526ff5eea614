"""How UTF-16 is known by its first bytes: with its byte order mark, and without before a tag."""

from __future__ import annotations

import codecs

#: First bytes -> encoding.
UTF_16 = (
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
