"""Seeded draws that are the same on every machine: one independent stream per key (a person, a visit, a block).

Only ``Random.random`` is used, the one method whose sequence Python promises to keep between versions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Stream:
    """Draws keyed by what they are for; two streams with different keys are independent."""

    __slots__ = ("_random",)

    def __init__(self, *key: int | str) -> None:
        digest = blake2b("|".join(map(str, key)).encode(), digest_size=8).digest()
        self._random = Random(int.from_bytes(digest, "big")).random

    def chance(self, share: float) -> bool:
        """True in ``share`` (0..1) of the draws."""
        return self._random() < share

    def below(self, bound: int) -> int:
        """An integer of 0..bound-1."""
        return int(self._random() * bound)

    def between(self, low: int, high: int) -> int:
        """An integer of low..high, both included."""
        return low + int(self._random() * (high - low + 1))

    def low(self, low: int, high: int) -> int:
        """An integer of low..high, small ones more often (the square of a flat draw)."""
        share = self._random()
        return low + int(share * share * (high - low + 1))

    def pick(self, choices: Sequence[T]) -> T:
        """One of ``choices``."""
        return choices[int(self._random() * len(choices))]

    def some(self, choices: Sequence[T], count: int) -> list[T]:
        """Up to ``count`` different ones of ``choices``, in drawn order."""
        rest = list(choices)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]


class Weighted(Generic[T]):
    """A table of values with integer weights."""

    __slots__ = ("_sums", "values")

    def __init__(self, pairs: Iterable[tuple[T, int]]) -> None:
        table = [(value, weight) for value, weight in pairs if weight > 0]
        self.values = tuple(value for value, _ in table)
        self._sums = tuple(accumulate(weight for _, weight in table))

    def __bool__(self) -> bool:
        return bool(self.values)

    def draw(self, stream: Stream) -> T:
        """One value, as often as its weight says."""
        return self.values[bisect_right(self._sums, stream.below(self._sums[-1]))]
