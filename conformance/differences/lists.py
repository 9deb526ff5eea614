"""How one list becomes another, in steps that can be taken one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

#: Beyond so many pairs of items, lists are compared item by item at the same place.
_MOST_PAIRS = 250_000


class Step(NamedTuple):
    """``change`` the item at ``left`` into that at ``right``, ``insert`` that before ``left``, or ``delete``.

    ``left`` counts in the list as the steps before have left it, ``right`` in the list that is to be.
    """

    kind: str
    left: int
    right: int = -1


class _Block(NamedTuple):
    """Items from ``left`` up to ``left_end`` that become those from ``right`` up to ``right_end``."""

    left: int
    left_end: int
    right: int
    right_end: int


def steps(left: Sequence[bytes], right: Sequence[bytes]) -> Iterator[Step]:
    """The steps from one list to the other, the last places first, so that no step moves what another names."""
    for block in reversed(list(_blocks(left, right))):
        pairs = min(block.left_end - block.left, block.right_end - block.right)
        for place in reversed(range(block.left + pairs, block.left_end)):
            yield Step("delete", place)
        for offset in range(block.right_end - block.right - pairs):
            yield Step("insert", block.left + pairs + offset, block.right + pairs + offset)
        for offset in range(pairs):
            yield Step("change", block.left + offset, block.right + offset)


def _blocks(left: Sequence[bytes], right: Sequence[bytes]) -> Iterator[_Block]:
    """The stretches that differ."""
    start = _common(left, right)
    end = _common(left[start:][::-1], right[start:][::-1])
    inner, other = left[start : len(left) - end], right[start : len(right) - end]
    if len(inner) * len(other) > _MOST_PAIRS:
        yield _Block(start, start + len(inner), start, start + len(other))
        return
    for tag, a, b, c, d in SequenceMatcher(None, inner, other, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _Block(start + a, start + b, start + c, start + d)


def _common(left: Sequence[bytes], right: Sequence[bytes]) -> int:
    """How many items are equal from the start."""
    length = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        length += 1
    return length
