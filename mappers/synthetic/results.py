"""Results (XML4) of the tests on a bill: values with the laboratory's own digits, words, descriptions."""

from __future__ import annotations

from mappers.synthetic import reference
from mappers.synthetic.bill import BLANK, Bill, Charge, Row
from mappers.synthetic.moment import stamp
from mappers.synthetic.reference import Indicator
from mappers.synthetic.stream import Stream


def results(bill: Bill, stream: Stream) -> list[Row]:
    """The XML4 rows of every laboratory, imaging and functional test."""
    rows: list[Row] = []
    for charge in bill.charges:
        if charge.result and charge.item.group in (1, 2, 3):
            rows.extend(_of(charge, bill, stream))
    for number, row in enumerate(rows, 1):
        row["STT"] = str(number)
    return rows


def _of(charge: Charge, bill: Bill, stream: Stream) -> list[Row]:
    base: Row = BLANK["XML4"] | {
        "MA_LK": bill.episode.visit_id,
        "MA_DICH_VU": charge.item.code,
        "NGAY_KQ": stamp(charge.result),
        "MA_BS_DOC_KQ": stream.pick(bill.episode.facility.licences),
    }
    if charge.item.code in reference.findings():
        description, conclusion = stream.pick(reference.findings()[charge.item.code])
        return [base | {"TEN_CHI_SO": charge.item.name, "MO_TA": description, "KET_LUAN": conclusion}]
    return [
        base
        | {
            "MA_CHI_SO": line.code,
            "TEN_CHI_SO": line.name,
            "GIA_TRI": value(line, stream),
            "DON_VI_DO": line.unit,
        }
        for line in reference.indicators()[charge.item.code]
    ]


def value(line: Indicator, stream: Stream) -> str:
    """A value of the indicator's range as text; now and then outside the range, or below what can be measured."""
    if line.words:
        return stream.pick(line.words)
    scale = 10**line.places
    high = _scaled(line.high, scale)
    if line.low.startswith("<"):
        if stream.chance(0.3):
            return line.low
        low = _scaled(line.low[1:], scale)
    else:
        low = _scaled(line.low, scale)
    drawn = stream.low(low, high) if line.low.startswith("<") else stream.between(low, high)
    if stream.chance(0.06):
        drawn = drawn * 13 // 10
    whole, part = divmod(drawn, scale)
    return f"{whole}.{part:0{line.places}d}" if line.places else str(whole)


def _scaled(text: str, scale: int) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * scale + int((part or "0").ljust(len(str(scale)) - 1, "0")[: len(str(scale)) - 1] or "0")
