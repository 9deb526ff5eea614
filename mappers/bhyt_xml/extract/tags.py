"""Patterns of envelope tags in any case and under any prefix, without a flag that would slow every search down.

A pattern that begins with a literal is searched at memory speed; one with IGNORECASE is tried at every byte, which
matters in files of a hundred megabytes of base64.
"""

from __future__ import annotations

_PREFIX = r"(?:[A-Za-z_][\w.\-]*:)?"


def any_case(name: str) -> str:
    """The name as a pattern that matches it in upper and lower case."""
    return "".join(f"[{char.upper()}{char.lower()}]" if char.isalpha() else char for char in name)


def opening(name: str) -> bytes:
    """Pattern of an opening tag; not of one that closes itself, ``<HOSO />``."""
    return f"<{_PREFIX}{any_case(name)}(?:\\s[^<>]*)?(?<!/)>".encode()


def closing(name: str) -> bytes:
    """Pattern of a closing tag."""
    return f"</{_PREFIX}{any_case(name)}\\s*>".encode()
