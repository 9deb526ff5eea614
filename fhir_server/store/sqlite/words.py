"""Index words: each token, uri, reference, text, label, present parameter and type as one word of a posting list.

Every word is bound to a resource type, so a list of one word needs no check of the type. Words are keyed hashes of 80
bits, except those of folded strings, which stay readable so that prefixes can be looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

#: Folded strings are readable words up to this many characters; longer ones have a hash besides.
READABLE = 200
#: A word that is never indexed.
NO_WORD = "z"
#: Hashes of keys that are kept: resources that come together refer to the same few, each under several parameters.
_KEPT = 4_096


class Words:
    """Makes words under one installation's hash key."""

    def __init__(self, key: bytes) -> None:
        self._short = blake2b(digest_size=10, key=key)
        self._long = blake2b(digest_size=8, key=key, person=b"key")
        self._present: dict[tuple[str, str], str] = {}
        self._types: dict[str, str] = {}
        self.target: Callable[[str], int] = lru_cache(_KEPT)(self._target)
        """The 64-bit hash of a key ("Type/id") or of any other reference target."""

    def hashed(self, text: str) -> str:
        state = self._short.copy()
        state.update(text.encode())
        return state.hexdigest()

    def _target(self, reference: str) -> int:
        state = self._long.copy()
        state.update(reference.encode())
        return int.from_bytes(state.digest(), "big", signed=True)

    def type(self, type: str) -> str:
        """Every resource of the type has it."""
        word = self._types.get(type)
        if word is None:
            word = self._types[type] = self.hashed(f"y|{type}")
        return word

    def present(self, type: str, param: str) -> str:
        """The resource has an entry of the parameter. Kept: parameters are few and asked for with every entry."""
        word = self._present.get((type, param))
        if word is None:
            word = self._present[type, param] = self.hashed(f"p|{type}|{param}")
        return word

    def label(self, type: str, label: str) -> str:
        """The version carries the access label."""
        return self.hashed(f"l|{type}|{label}")

    def token(self, type: str, param: str, key: str, system: str | None, code: str | None) -> str:
        """A token; ``system`` or ``code`` None means any."""
        shape = f"t{system is not None:d}{code is not None:d}"
        return self.hashed(f"{shape}|{type}|{param}|{len(key)}:{key}|{len(system or '')}:{system or ''}|{code or ''}")

    def exact(self, type: str, param: str, key: str, text: str) -> str:
        """A string as it was written."""
        return self.hashed(f"e|{type}|{param}|{len(key)}:{key}|{text}")

    def uri(self, type: str, param: str, uri: str) -> str:
        """A uri."""
        return self.hashed(f"u|{type}|{param}|{uri}")

    def reference(self, type: str, param: str, target: str) -> str:
        """A reference target."""
        return self.hashed(f"r|{type}|{param}|{target}")

    def folded(self, name: int, folded: str) -> str:
        """The one word of a whole folded string under the number of its name."""
        return self.start(name, folded) if len(folded) <= READABLE else self.hashed(f"s|{name}|{folded}")

    def of_folded(self, name: int, folded: str) -> tuple[str, ...]:
        """All words of a folded string: readable, and hashed when it is long."""
        start = self.start(name, folded)
        return (start,) if len(folded) <= READABLE else (start, self.folded(name, folded))

    def start(self, name: int, folded: str) -> str:
        """The readable word of a folded string, cut when it is long; also the beginning of such words."""
        return f"s{name:x} {folded[:READABLE]}".replace("\0", "\ufffd")
