"""Plants at most one defect per HOSO, of a drawn kind, and says where.

``rule`` is the permanent id of the message that ``mappers.bhyt_xml`` reports for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from conformance.issues import Message
from mappers.bhyt_xml import messages
from mappers.synthetic.defects import cells, structure
from mappers.synthetic.defects.place import Place
from mappers.synthetic.stream import Stream, Weighted
from mappers.synthetic.writer import Hoso

Planter = Callable[[Hoso, Stream], Place | None]


@dataclass(frozen=True, slots=True)
class Defect:
    """One planted defect; ``hoso`` and ``row`` count from 1, ``row`` is None for a whole table or file."""

    file: str
    hoso: int
    ma_lk: str
    table: str
    row: int | None
    field: str
    rule: str
    value: str
    kind: str

    def as_dict(self) -> dict[str, Any]:
        """One JSON object of the sidecar, keys in the order of the class."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of defect: how often, what plants it, and the message that should report it."""

    name: str
    weight: int
    plant: Planter
    message: Message


#: Every kind by name.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind("lost-leading-zero", 16, cells.lost_leading_zero, messages.ZERO_RESTORED),
            Kind("day-first-date", 8, cells.day_first_date, messages.DATE_REPAIRED),
            Kind("impossible-date", 4, cells.impossible_date, messages.BAD_DATE),
            Kind("comma-number", 8, cells.comma_number, messages.NUMBER_REPAIRED),
            Kind("word-for-number", 3, cells.word_for_number, messages.BAD_NUMBER),
            Kind("unknown-code", 6, cells.unknown_code, messages.OUT_OF_LIST),
            Kind("wrong-form", 4, cells.wrong_form, messages.BAD_FORMAT),
            Kind("over-long-value", 4, cells.over_long_value, messages.TOO_LONG),
            Kind("missing-required", 8, cells.missing_required, messages.MISSING),
            Kind("missing-asked-for", 8, cells.missing_asked_for, messages.MISSING_MINOR),
            Kind("negative-amount", 2, cells.negative_amount, messages.NEGATIVE),
            Kind("wrong-sum", 6, cells.wrong_sum, messages.TOTAL_DIFFERS),
            Kind("wrong-price", 6, cells.wrong_price, messages.AMOUNT_DIFFERS),
            Kind("unequal-cards", 4, cells.unequal_cards, messages.CARDS_DIFFER),
            Kind("misfit-citizen-id", 4, cells.misfit_citizen_id, messages.CCCD_MISFIT),
            Kind("time-order", 6, cells.time_order, messages.TIME_ORDER),
            Kind("wrong-days", 4, cells.wrong_days, messages.DAYS_DIFFER),
            Kind("row-of-another-visit", 2, cells.row_of_another_visit, messages.OTHER_VISIT),
            Kind("duplicate-row", 3, structure.duplicate_row, messages.TOTAL_DIFFERS),
            Kind("tag-variant", 5, structure.tag_variant, messages.TAG_VARIANT),
            Kind("unknown-tag", 2, structure.unknown_tag, messages.UNKNOWN_TAG),
            Kind("unescaped-vital-sign", 6, structure.unescaped_vital_sign, messages.ESCAPED),
            Kind("bad-base64", 3, structure.bad_base64, messages.NOT_BASE64),
            Kind("missing-summary", 2, structure.missing_summary, messages.MISSING_XML1),
            Kind("missing-results", 3, structure.missing_results, messages.MISSING_TABLE),
        )
    }
)

#: A file that ends inside its last HOSO; only that place can have it.
TRUNCATED = Kind("truncated-file", 3, structure.truncated_file, messages.CUT_OFF)

_DRAWN = Weighted((kind, kind.weight) for kind in KINDS.values())


def plant(stream: Stream, file: str, claims: Sequence[Hoso], rate: float) -> list[Defect]:
    """Changes a share ``rate`` of ``claims`` in place and lists what was done, in their order."""
    planted = []
    for number, claim in enumerate(claims, 1):
        if stream.chance(rate):
            kind, place = _plant_one(stream, claim, is_last=number == len(claims))
            planted.append(
                Defect(
                    file,
                    number,
                    claim.visit_id,
                    place.table,
                    place.row,
                    place.field,
                    kind.message.id,
                    place.value,
                    kind.name,
                )
            )
    return planted


def _plant_one(stream: Stream, claim: Hoso, *, is_last: bool) -> tuple[Kind, Place]:
    """A kind that this claim can have; every claim can lose its summary's weight."""
    if is_last and stream.chance(0.05):
        place = TRUNCATED.plant(claim, stream)
        if place is not None:
            return TRUNCATED, place
    while True:
        kind = _DRAWN.draw(stream)
        place = kind.plant(claim, stream)
        if place is not None:
            return kind, place
