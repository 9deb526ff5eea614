"""Numbers of versions that tell the time: a vid is the millisecond of lastUpdated, shifted, plus a count within it.

So lastUpdated grows with the vid by construction, and a comparison with a moment is one with vids.
"""

from __future__ import annotations

#: Vids of one millisecond.
PER_MILLISECOND = 1 << 20
#: Greater than every vid; also what stands for the end of a version that is current.
OPEN = (1 << 63) - 1


def floor_of(milliseconds: int) -> int:
    """A number below every vid of this millisecond and above those of earlier ones."""
    return milliseconds * PER_MILLISECOND


def moment_of(vid: int) -> int:
    """lastUpdated of a version, in microseconds since 1970 UTC."""
    return vid // PER_MILLISECOND * 1000


def first_at(microseconds: int) -> int:
    """The least vid that a version made at or after this moment may have."""
    return max(0, min(floor_of(-(-microseconds // 1000)), OPEN))
