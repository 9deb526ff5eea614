"""Every amount, computed again with decimals from the text of the rows by the formulas of the claim tables."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from mappers.synthetic import generate, money

CENT = Decimal("0.01")
SOURCES = ("T_NGUONKHAC_NSNN", "T_NGUONKHAC_VTNN", "T_NGUONKHAC_VTTN", "T_NGUONKHAC_CL")


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def numbers(row):
    return {column: Decimal(text) for column, text in row.items() if _is_number(text)}


def _is_number(text):
    return text.replace(".", "", 1).isdigit()


def amounts(table, row):
    """THANH_TIEN_BV and THANH_TIEN_BH of a row by the formulas."""
    value = numbers(row)
    if table == "XML2":
        cost = value["SO_LUONG"] * value["DON_GIA"]
        return rounded(cost), rounded(cost * value["TYLE_TT_BH"] / 100)
    rate = value["TYLE_TT_DV"] / 100
    insured = value["SO_LUONG"] * value["DON_GIA_BH"] * value["TYLE_TT_BH"] / 100
    return rounded(value["SO_LUONG"] * value["DON_GIA_BV"] * rate), rounded(insured * rate)


def shares(row):
    """T_BNTT, T_BNCCT and T_BHTT of a row, support taken off in this order (case a)."""
    value = numbers(row)
    fund = rounded(value["THANH_TIEN_BH"] * value["MUC_HUONG"] / 100)
    parts = [value["THANH_TIEN_BV"] - value["THANH_TIEN_BH"], value["THANH_TIEN_BH"] - fund, fund]
    left = value["T_NGUONKHAC"]
    for place, part in enumerate(parts):
        parts[place], left = part - min(part, left), left - min(part, left)
    return tuple(parts)


def test_every_line_and_total_fits_the_formulas(read_claims):
    supported = 0
    levels = set()
    for envelope in generate(21, 500):
        for claim in read_claims(envelope.content):
            for table in ("XML2", "XML3"):
                for row in claim.tables.get(table, []):
                    value = numbers(row)
                    assert (value["THANH_TIEN_BV"], value["THANH_TIEN_BH"]) == amounts(table, row)
                    assert (value["T_BNTT"], value["T_BNCCT"], value["T_BHTT"]) == shares(row)
                    assert value["T_NGUONKHAC"] == sum(value[source] for source in SOURCES)
                    levels.add(row["MUC_HUONG"])
                    supported += value["T_NGUONKHAC"] > 0
            check_totals(claim)
    assert supported
    assert {"0", "80", "95", "100"} <= levels <= {"0", "32", "38", "40", "80", "95", "100"}


def check_totals(claim):
    total = numbers(claim.summary)
    lines = [numbers(row) | {"MA_PTTT": row["MA_PTTT"], "MA_VAT_TU": row.get("MA_VAT_TU", "")} for row in claim.lines]
    drugs = [numbers(row) for row in claim.tables.get("XML2", [])]
    assert total["T_THUOC"] == sum(row["THANH_TIEN_BV"] for row in drugs)
    assert total["T_VTYT"] == sum(row["THANH_TIEN_BV"] for row in lines if row["MA_VAT_TU"])
    assert total["T_TONGCHI_BV"] == sum(row["THANH_TIEN_BV"] for row in lines)
    assert total["T_TONGCHI_BH"] == sum(row["THANH_TIEN_BH"] for row in lines)
    for column in ("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC"):
        assert total[column] == sum(row[column] for row in lines)
    assert total["T_BHTT_GDV"] == sum(row["T_BHTT"] for row in lines if row["MA_PTTT"] == "1")
    assert total["T_TONGCHI_BV"] == total["T_BNTT"] + total["T_BNCCT"] + total["T_BHTT"] + total["T_NGUONKHAC"]


def test_co_payment_is_waived_below_the_limit(read_claims):
    for envelope in generate(22, 150):
        for claim in read_claims(envelope.content):
            insured = Decimal(claim.summary["T_TONGCHI_BH"])
            if 0 < insured < 351_000 and claim.summary["MA_DOITUONG_KCB"] != "3.1":
                assert Decimal(claim.summary["T_BNCCT"]) == 0


@given(st.integers(0, 10**9), st.integers(0, 10**10), st.integers(0, 100))
def test_share_rounds_half_up(quantity, price, percent):
    exact = Decimal(quantity) / 1000 * Decimal(price) / 1000 * percent / 100
    assert Decimal(money.share(quantity, price, percent)) / 100 == rounded(exact)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.sampled_from((0, 32, 80, 95, 100)), st.integers(0, 10**12))
@settings(max_examples=200)
def test_split_loses_nothing(self_pay, insured, level, support):
    parts = money.split(self_pay + insured, insured, level, support)
    assert parts.fund + parts.copayment + parts.self_pay + parts.other == self_pay + insured
    assert min(parts.fund, parts.copayment, parts.self_pay, parts.other) >= 0


@given(st.integers(0, 10**12), st.booleans())
def test_texts_keep_the_amount(value, trim):
    assert Decimal(money.amount_text(value, trim=trim)) * 100 == value
    assert Decimal(money.thousandths_text(value, trim=trim)) * 1000 == value
    assert money.thousandths(money.thousandths_text(value, trim=trim)) == value
