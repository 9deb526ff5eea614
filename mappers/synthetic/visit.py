"""One visit as claim rows: a pure function of the seed and the appointment."""

from __future__ import annotations

from dataclasses import dataclass

from mappers.synthetic.bill import Bill, Row, settle
from mappers.synthetic.episode import Episode, episode
from mappers.synthetic.facilities import Level
from mappers.synthetic.moment import DAY
from mappers.synthetic.notes import notes
from mappers.synthetic.orders import drug_days, service_days, transport, write_orders
from mappers.synthetic.plan import Sending
from mappers.synthetic.results import results
from mappers.synthetic.stream import Stream
from mappers.synthetic.summary import Account, benefit, discharge, summary


@dataclass(frozen=True, slots=True)
class Visit:
    """The claim of one visit: its MA_LK, and its rows by table, in the order of the appendix; no empty table."""

    visit_id: str
    tables: dict[str, list[Row]]


def visit(seed: int, sending: Sending) -> Visit:
    """The claim of a sending; a visit sent again has the same rows and a payment time."""
    stream = Stream(seed, "visit", sending.appointment.number)
    frame = episode(sending.appointment, stream)
    bill = Bill(frame)
    if frame.facility.level == Level.COMMUNE and frame.kind.code == "01" and stream.chance(0.3):
        bill.payment = "2"
    write_orders(bill, stream)
    ended = discharge(frame, stream)
    if ended.to and stream.chance(0.5):
        transport(bill, stream, ended.to)
    totals = settle(bill, benefit(frame, bill.insured()), aided=stream.chance(0.03))
    account = Account(totals, treatment_days(frame, bill), _paid(frame, sending))
    tables = {
        "XML1": [summary(frame, ended, account, stream)],
        "XML2": bill.rows("XML2"),
        "XML3": bill.rows("XML3"),
        "XML4": results(bill, stream),
        "XML5": notes(frame, stream),
    }
    return Visit(frame.visit_id, {table: rows for table, rows in tables.items() if rows})


def _paid(frame: Episode, sending: Sending) -> int:
    if not sending.paid:
        return 0
    return sending.day * DAY + 600 if sending.again else frame.end


def treatment_days(frame: Episode, bill: Bill) -> int:
    """SO_NGAY_DTRI by the rule of the visit's kind."""
    match frame.kind.days:
        case "stay":
            return frame.nights + 1
        case "drugs":
            return drug_days(frame)
        case "services":
            return service_days(bill)
        case _:
            return 0
