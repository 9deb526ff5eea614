"""Rules of time, counts and presence of one visit; the money formulas are in ``money``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from mappers.bhyt_xml import messages
from mappers.bhyt_xml.check import money
from mappers.bhyt_xml.extract.claim import Claim
from mappers.bhyt_xml.extract.findings import Findings
from mappers.bhyt_xml.extract.records import Record
from mappers.bhyt_xml.extract.values import is_before

#: Columns that must not be before others of the same row, by table.
_ORDERED = {
    "XML1": (
        ("NGAY_RA", "NGAY_VAO"),
        ("NGAY_VAO_NOI_TRU", "NGAY_VAO"),
        ("NGAY_RA", "NGAY_VAO_NOI_TRU"),
        ("NGAY_VAO", "NGAY_SINH"),
    ),
    "XML2": (("NGAY_TH_YL", "NGAY_YL"),),
    "XML3": (("NGAY_TH_YL", "NGAY_YL"), ("NGAY_KQ", "NGAY_YL")),
}
#: The column of a row that must lie within the stay.
_WITHIN = {"XML2": "NGAY_YL", "XML3": "NGAY_YL", "XML5": "THOI_DIEM_DBLS"}
#: MA_NHOM by the table in which they may stand.
_GROUPS = {
    "XML2": frozenset(["4", "5", "6", "7", "12", "17"]),
    "XML3": frozenset(["1", "2", "3", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19"]),
}
_NO_DAYS = frozenset(("01", "07", "09"))
_CALENDAR_DAYS = frozenset(("02", "03", "04", "06"))
_WITH_COURSE = frozenset(("03", "04", "06", "09"))
_MAX_OTHER_DISEASES = 12


def check_visit(claim: Claim, findings: Findings) -> None:
    """Every rule of one claim that has its XML1."""
    summary = claim.summary
    if summary is None:
        return
    _check_summary(summary, findings)
    for table in ("XML2", "XML3", "XML4", "XML5"):
        for record in claim.records[table]:
            _check_row(record, summary, findings)
    for record in (*claim.records["XML2"], *claim.records["XML3"]):
        money.check_line(record, findings)
    money.check_totals(summary, claim, findings)
    _check_presence(summary, claim, findings)


def _check_row(record: Record, summary: Record, findings: Findings) -> None:
    _check_order(record, findings)
    column = _WITHIN.get(record.table, "")
    moment, start, end = record.get(column), summary.get("NGAY_VAO"), summary.get("NGAY_RA")
    if moment and ((start and is_before(moment, start)) or (end and is_before(end, moment))):
        findings.add(messages.OUTSIDE_STAY, record.table, record.row, column, moment)
    groups = _GROUPS.get(record.table)
    group = record.text("MA_NHOM")
    if groups and group and group not in groups:
        findings.add(messages.GROUP_ELSEWHERE, record.table, record.row, "MA_NHOM", group)
    if record.table == "XML3" and not (record.text("MA_DICH_VU") or record.text("MA_VAT_TU")):
        findings.add(messages.NO_CODE, "XML3", record.row, "MA_DICH_VU")


def _check_order(record: Record, findings: Findings) -> None:
    for later, earlier in _ORDERED.get(record.table, ()):
        value, limit = record.get(later), record.get(earlier)
        if value and limit and is_before(value, limit):
            findings.add(messages.TIME_ORDER, record.table, record.row, later, value, other=earlier, limit=limit)


def _check_summary(summary: Record, findings: Findings) -> None:
    _check_order(summary, findings)
    others = summary.listed("MA_BENH_KT")
    if len(others) > _MAX_OTHER_DISEASES:
        findings.add(messages.TOO_MANY_DISEASES, "XML1", 1, "MA_BENH_KT", summary.sent["MA_BENH_KT"], found=len(others))
    expected = _days(summary)
    days = summary.get("SO_NGAY_DTRI")
    if expected is not None and days is not None and days != expected:
        findings.add(messages.DAYS_DIFFER, "XML1", 1, "SO_NGAY_DTRI", days, expected=expected)
    _check_newborn(summary, findings)


def _days(summary: Record) -> int | None:
    """SO_NGAY_DTRI by the rule of the kind of visit; None where it cannot be told from the times."""
    kind, start, end = summary.text("MA_LOAI_KCB"), summary.text("NGAY_VAO")[:10], summary.text("NGAY_RA")[:10]
    if kind in _NO_DAYS:
        return 0
    if kind in _CALENDAR_DAYS and start and end:
        return (date.fromisoformat(end) - date.fromisoformat(start)).days + 1
    return None


def _check_newborn(summary: Record, findings: Findings) -> None:
    born, arrived = summary.text("NGAY_SINH")[:10], summary.text("NGAY_VAO")[:10]
    if summary.text("MA_DOITUONG_KCB") != "1.7" or len(born) < 10 or not arrived:
        return
    if (date.fromisoformat(arrived) - date.fromisoformat(born)).days > 60:
        findings.add(messages.UNLIKELY_ENTITLEMENT, "XML1", 1, "MA_DOITUONG_KCB", "1.7", born=born)


def _check_presence(summary: Record, claim: Claim, findings: Findings) -> None:
    for table, reason, reason_vi in _expected_tables(summary, claim):
        if table not in claim.counts:
            message = messages.MISSING_PAID_TABLE if table in ("XML2", "XML3") else messages.MISSING_TABLE
            findings.add(message, table, reason=reason, reason_vi=reason_vi)


def _expected_tables(summary: Record, claim: Claim) -> Iterator[tuple[str, str, str]]:
    drugs, total = summary.get("T_THUOC") or 0, summary.get("T_TONGCHI_BV") or 0
    if drugs:
        yield "XML2", f"T_THUOC is {drugs}", f"T_THUOC là {drugs}"
    if total - drugs > money.TOTAL_TOLERANCE:
        yield (
            "XML3",
            f"T_TONGCHI_BV exceeds T_THUOC by {total - drugs}",
            f"T_TONGCHI_BV lớn hơn T_THUOC {total - drugs}",
        )
    if any(record.text("MA_NHOM") in ("1", "2") for record in claim.records["XML3"]):
        yield "XML4", "XML3 has laboratory or imaging services", "XML3 có dịch vụ xét nghiệm hoặc chẩn đoán hình ảnh"
    kind = summary.text("MA_LOAI_KCB")
    if kind in _WITH_COURSE:
        yield "XML5", f"visits of kind {kind} have a clinical course", f"loại khám chữa bệnh {kind} phải có diễn biến"
