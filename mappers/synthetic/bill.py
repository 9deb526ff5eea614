"""The priced rows of a visit (XML2, XML3) and their settlement: who pays each line, and the totals of XML1."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from mappers.bhyt_xml.schema.tables import TABLES
from mappers.synthetic import money
from mappers.synthetic.episode import Episode
from mappers.synthetic.moment import stamp
from mappers.synthetic.reference import Item

Row = dict[str, str]


class Times(NamedTuple):
    """When a row was ordered, done, and its result known (0: it has none), in minutes."""

    ordered: int
    done: int
    result: int = 0


#: An empty row of each table: every column in official order.
BLANK: dict[str, Row] = {name: dict.fromkeys(table.columns, "") for name, table in TABLES.items()}

SUPPORT = ("T_NGUONKHAC_NSNN", "T_NGUONKHAC_VTNN", "T_NGUONKHAC_VTTN", "T_NGUONKHAC_CL")

_NO_SUPPORT = {trim: dict.fromkeys(SUPPORT, money.amount_text(0, trim=trim)) for trim in (False, True)}


@dataclass(slots=True)
class Charge:
    """One priced row and its two amounts, in hundredths of a dong."""

    table: str
    row: Row
    item: Item
    hospital: int
    insured: int
    result: int = 0
    """Minute of the result, 0 for a row that has none."""


@dataclass(slots=True)
class Totals:
    """Sums over the rows, in hundredths of a dong."""

    drugs: int = 0
    supplies: int = 0
    hospital: int = 0
    insured: int = 0
    fund: int = 0
    fund_by_service: int = 0
    copayment: int = 0
    self_pay: int = 0
    other: int = 0


@dataclass(slots=True)
class Bill:
    """The priced rows of one episode, in the order in which they were written."""

    episode: Episode
    charges: list[Charge] = field(default_factory=list)
    payment: str = "1"
    """MA_PTTT of the visit."""
    counts: Counter[str] = field(default_factory=Counter)

    def drug(self, item: Item, quantity: int, times: Times, cells: Row) -> None:
        """Adds an XML2 row; ``quantity`` in thousandths."""
        rate, scope = self._terms(item)
        row = self._row("XML2", item, quantity, times)
        row |= cells
        row["DON_GIA"] = self._price(item.price)
        row["TYLE_TT_BH"], row["PHAM_VI"] = str(rate), str(scope)
        row["NGUON_CTRA"] = row["NGUON_CTRA"] or "1"
        hospital, insured = money.amount(quantity, item.price), money.share(quantity, item.price, rate)
        self.charges.append(Charge("XML2", row, item, hospital, insured))

    def service(self, item: Item, quantity: int, times: Times, cells: Row, *, percent: int = 100) -> None:
        """Adds an XML3 row; ``percent`` is TYLE_TT_DV, below 100 for a shared bed or a second examination."""
        rate, scope = self._terms(item)
        row = self._row("XML3", item, quantity, times)
        row |= cells
        row["NGAY_KQ"] = stamp(times.result) if times.result else ""
        row["DON_GIA_BV"], row["DON_GIA_BH"] = self._price(item.hospital), self._price(item.price)
        row["TYLE_TT_DV"], row["TYLE_TT_BH"], row["PHAM_VI"] = str(percent), str(rate), str(scope)
        row["MA_BENH"] = self.episode.main.code
        hospital = money.share(quantity, item.hospital, percent)
        insured = money.share(quantity, item.price, rate, percent)
        self.charges.append(Charge("XML3", row, item, hospital, insured, times.result))

    def _terms(self, item: Item) -> tuple[int, int]:
        """TYLE_TT_BH and PHAM_VI."""
        return (item.rate, item.scope) if self.episode.is_insured and item.scope == 1 else (0, 2)

    def _row(self, table: str, item: Item, quantity: int, times: Times) -> Row:
        episode = self.episode
        self.counts[table] += 1
        row = BLANK[table].copy()
        row |= item.cells
        row["MA_LK"] = episode.visit_id
        row["STT"] = str(self.counts[table])
        row["SO_LUONG"] = money.thousandths_text(quantity, trim=True)
        row["MA_KHOA"] = episode.department
        row["MA_BAC_SI"] = episode.doctor
        row["NGAY_YL"], row["NGAY_TH_YL"] = stamp(times.ordered), stamp(times.done)
        row["MA_PTTT"] = self.payment
        return row

    def _price(self, price: int) -> str:
        return money.thousandths_text(price, trim=self.episode.facility.software.trim)

    def insured(self) -> int:
        """Total within the scope of insurance."""
        return sum(charge.insured for charge in self.charges)

    def rows(self, table: str) -> list[Row]:
        """The rows of XML2 or XML3."""
        return [charge.row for charge in self.charges if charge.table == table]


def settle(bill: Bill, level: int, *, aided: bool) -> Totals:
    """Fills the money columns of every row for the benefit ``level`` in percent, and gives the sums.

    ``aided``: a charity pays the patient's own part. Antiretrovirals leave no co-payment (case c of the tables).
    """
    totals = Totals()
    trim = bill.episode.facility.software.trim
    for charge in bill.charges:
        percent = level if charge.row["PHAM_VI"] == "1" else 0
        column, support = _support(charge, percent, aided=aided)
        split = money.split(charge.hospital, charge.insured, percent, support)
        _fill(charge, split, percent, column, trim=trim)
        _add(totals, charge, split)
    return totals


def _support(charge: Charge, percent: int, *, aided: bool) -> tuple[str, int]:
    if "arv" in charge.item.care and percent:
        return "T_NGUONKHAC_NSNN", money.split(charge.hospital, charge.insured, percent).copayment
    return "T_NGUONKHAC_VTTN", charge.hospital - charge.insured if aided and percent else 0


def _fill(charge: Charge, split: money.Split, percent: int, column: str, *, trim: bool) -> None:
    row = charge.row
    row |= _NO_SUPPORT[trim]
    row["MUC_HUONG"] = str(percent)
    row["THANH_TIEN_BV"] = money.amount_text(charge.hospital, trim=trim)
    row["THANH_TIEN_BH"] = money.amount_text(charge.insured, trim=trim)
    row["T_BHTT"] = money.amount_text(split.fund, trim=trim)
    row["T_BNCCT"] = money.amount_text(split.copayment, trim=trim)
    row["T_BNTT"] = money.amount_text(split.self_pay, trim=trim)
    row[column] = row["T_NGUONKHAC"] = money.amount_text(split.other, trim=trim)


def _add(totals: Totals, charge: Charge, split: money.Split) -> None:
    totals.drugs += charge.hospital if charge.table == "XML2" else 0
    totals.supplies += charge.hospital if charge.row.get("MA_VAT_TU") else 0
    totals.hospital += charge.hospital
    totals.insured += charge.insured
    totals.fund += split.fund
    totals.fund_by_service += split.fund if charge.row["MA_PTTT"] == "1" else 0
    totals.copayment += split.copayment
    totals.self_pay += split.self_pay
    totals.other += split.other
