"""The stream of envelopes: blocks of visits, written out as they are planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from mappers.synthetic.defects import Defect, plant
from mappers.synthetic.moment import day_text, months_later
from mappers.synthetic.plan import BLOCK, Batch, Period, batches
from mappers.synthetic.stream import Stream
from mappers.synthetic.visit import visit
from mappers.synthetic.writer import Content, Hoso, envelope

START = date(2025, 7, 1)
"""First day of the visits unless another is given: the day of the 34 provinces."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One generated file. ``visits`` counts its HOSO, ``resent`` those of them that an earlier file held too."""

    name: str
    content: bytes
    visits: int
    rows: Counter[str]
    """Rows by table (``XML1`` …), as generated, before defects took any away."""
    defects: list[Defect] = field(default_factory=list)
    resent: int = 0


def generate(
    seed: int,
    visits: int,
    *,
    visits_per_envelope: int = 10,
    defects: float = 0.0,
    start: date = START,
    months: int = 12,
    content: Content = "base64",
) -> Iterator[Envelope]:
    """Envelopes that hold ``visits`` different visits from ``start`` on, the same bytes for the same arguments.

    ``defects`` is the share of HOSO (0..1) that get one planted defect each. About one visit in forty comes a second
    time, when it has been paid: it is not counted in ``visits``. Raises ValueError for arguments out of range.
    """
    if visits < 0 or visits_per_envelope < 1 or months < 1 or not 0 <= defects <= 1:
        raise ValueError("visits >= 0, visits_per_envelope >= 1, months >= 1 and 0 <= defects <= 1 are needed")
    period = Period(start.toordinal(), months_later(start, months).toordinal())
    numbers = count(1)
    for block in range(-(-visits // BLOCK)):
        size = min(BLOCK, visits - block * BLOCK)
        for batch in batches(seed, block, size, visits_per_envelope, period):
            yield _envelope(seed, next(numbers), batch, defects, content)


def _envelope(seed: int, number: int, batch: Batch, rate: float, content: Content) -> Envelope:
    day = day_text(batch.day)
    name = f"{batch.facility.code}_{day}_{number:07d}.xml"
    rows: Counter[str] = Counter()
    claims = []
    for sending in batch.sendings:
        claim = visit(seed, sending)
        rows.update({table: len(lines) for table, lines in claim.tables.items()})
        claims.append(Hoso(claim.visit_id, claim.tables, batch.facility.software.cdata))
    planted = plant(Stream(seed, "defects", number), name, claims, rate) if rate else []
    return Envelope(
        name=name,
        content=envelope(batch.facility.code, day, claims, content),
        visits=len(claims),
        resent=sum(sending.again for sending in batch.sendings),
        rows=rows,
        defects=planted,
    )
