"""The money formulas of the claim tables. A sum that differs is an issue; the amounts stay as sent.

Support by other sources can be taken off in three ways (QĐ 4750, notes to XML2 and XML3), so that with support only
what holds in all of them is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from mappers.bhyt_xml import messages
from mappers.bhyt_xml.extract.claim import Claim
from mappers.bhyt_xml.extract.findings import Findings
from mappers.bhyt_xml.extract.records import Record

#: Đồng by which a line may differ: each amount of it is rounded by itself.
LINE_TOLERANCE = Decimal(1)
#: Đồng by which a total may differ from the sum of its lines.
TOTAL_TOLERANCE = Decimal(2)

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_SUPPORT = ("T_NGUONKHAC_NSNN", "T_NGUONKHAC_VTNN", "T_NGUONKHAC_VTTN", "T_NGUONKHAC_CL")

Formula = tuple[str, Decimal, tuple[Decimal, ...]]
"""(column, amount as sent, amounts that a formula allows)."""


def check_line(record: Record, findings: Findings) -> None:
    """Every formula of one XML2 or XML3 row."""
    for column, sent, allowed in _formulas(record):
        if all(abs(sent - amount) > LINE_TOLERANCE for amount in allowed):
            findings.add(messages.AMOUNT_DIFFERS, record.table, record.row, column, sent, expected=_shown(allowed[0]))


def _formulas(record: Record) -> Iterator[Formula]:
    values = record.values
    support = values.get("T_NGUONKHAC", _ZERO)
    yield from _amounts(record, supported=bool(support))
    parts = [values[name] for name in _SUPPORT if name in values]
    if parts and "T_NGUONKHAC" in values:
        yield "T_NGUONKHAC", support, (sum(parts, _ZERO),)
    if {"THANH_TIEN_BV", "THANH_TIEN_BH", "MUC_HUONG", "T_BHTT", "T_BNCCT", "T_BNTT"} <= values.keys():
        yield from _shares(record, support)


def _amounts(record: Record, *, supported: bool) -> Iterator[Formula]:
    values = record.values
    of_hospital, of_fund = ("DON_GIA", "DON_GIA") if record.table == "XML2" else ("DON_GIA_BV", "DON_GIA_BH")
    quantity, price, fund_price = values.get("SO_LUONG"), values.get(of_hospital), values.get(of_fund)
    rate = values.get("TYLE_TT_DV", _HUNDRED) / _HUNDRED
    if quantity is not None and price is not None and "THANH_TIEN_BV" in values:
        yield "THANH_TIEN_BV", values["THANH_TIEN_BV"], (quantity * price * rate,)
    share = values.get("TYLE_TT_BH")
    if supported or "THANH_TIEN_BH" not in values:
        return
    if quantity is not None and fund_price is not None and share is not None:
        amount = quantity * fund_price * share / _HUNDRED
        yield "THANH_TIEN_BH", values["THANH_TIEN_BH"], (amount, amount * rate)


def _shares(record: Record, support: Decimal) -> Iterator[Formula]:
    values = record.values
    total, insured = values["THANH_TIEN_BV"], values["THANH_TIEN_BH"]
    if support:
        yield "T_BHTT", values["T_BHTT"], (total - support - values["T_BNTT"] - values["T_BNCCT"],)
        return
    fund = insured * values["MUC_HUONG"] / _HUNDRED
    yield "T_BHTT", values["T_BHTT"], (fund,)
    yield "T_BNCCT", values["T_BNCCT"], (insured - fund,)
    yield "T_BNTT", values["T_BNTT"], (total - insured,)


def check_totals(summary: Record, claim: Claim, findings: Findings) -> None:
    """The totals of XML1 against the rows of XML2 and XML3, where all rows could be read."""
    if claim.damaged & {"XML2", "XML3"}:
        return
    drugs, services = claim.records["XML2"], claim.records["XML3"]
    lines = [*drugs, *services]
    supplies = [record for record in services if record.text("MA_VAT_TU")]
    by_service = [record for record in lines if record.text("MA_PTTT") == "1"]
    for column, rows, name in (
        ("T_THUOC", drugs, "THANH_TIEN_BV"),
        ("T_VTYT", supplies, "THANH_TIEN_BV"),
        ("T_TONGCHI_BV", lines, "THANH_TIEN_BV"),
        ("T_TONGCHI_BH", lines, "THANH_TIEN_BH"),
        ("T_BNTT", lines, "T_BNTT"),
        ("T_BNCCT", lines, "T_BNCCT"),
        ("T_NGUONKHAC", lines, "T_NGUONKHAC"),
        ("T_BHTT", lines, "T_BHTT"),
        ("T_BHTT_GDV", by_service, "T_BHTT"),
    ):
        _check_total(summary, column, _sum(rows, name), findings)


def _check_total(summary: Record, column: str, expected: Decimal, findings: Findings) -> None:
    sent = summary.get(column)
    if sent is None or abs(sent - expected) <= TOTAL_TOLERANCE:
        return
    if column == "T_BHTT" and abs(sent - _by_text(summary)) <= TOTAL_TOLERANCE:
        return
    findings.add(messages.TOTAL_DIFFERS, "XML1", 1, column, sent, expected=_shown(expected))


def _by_text(summary: Record) -> Decimal:
    """T_BHTT by the text of the decision: T_TONGCHI_BH - T_BNCCT."""
    difference: Decimal = summary.values.get("T_TONGCHI_BH", _ZERO) - summary.values.get("T_BNCCT", _ZERO)
    return difference


def _sum(records: Iterable[Record], column: str) -> Decimal:
    return sum((record.values.get(column, _ZERO) for record in records), _ZERO)


def _shown(amount: Decimal) -> str:
    return f"{amount.quantize(Decimal('0.01')):f}".rstrip("0").rstrip(".")
