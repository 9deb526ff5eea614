"""Defects of single cells. Each function changes one cell and gives its place, or None where it does not apply."""

from __future__ import annotations

from collections.abc import Callable

from mappers.bhyt_xml.schema.tables import TABLES
from mappers.synthetic.bill import Row
from mappers.synthetic.defects.place import Place
from mappers.synthetic.stream import Stream
from mappers.synthetic.writer import Hoso


def _change(
    claim: Hoso, stream: Stream, places: tuple[tuple[str, str], ...], change: Callable[[str], str | None]
) -> Place | None:
    """Changes one cell of a drawn (table, column) in a drawn row; None when ``change`` gives None."""
    table, column = stream.pick(places)
    rows = claim.tables.get(table)
    if not rows:
        return None
    number = stream.below(len(rows))
    value = change(rows[number][column])
    return None if value is None else _put(rows[number], table, number + 1, column, value)


def _put(row: Row, table: str, number: int, column: str, value: str) -> Place:
    row[column] = value
    return Place(table, number, column, value)


def lost_leading_zero(claim: Hoso, stream: Stream) -> Place | None:
    """``1`` for ``01``."""
    places = (("XML1", "MA_DANTOC"), ("XML1", "MA_LOAI_KCB"), ("XML1", "MATINH_CU_TRU"), ("XML1", "MAXA_CU_TRU"))
    return _change(claim, stream, places, lambda text: text.lstrip("0") or None if text.startswith("0") else None)


def _turned(text: str) -> str | None:
    return f"{text[6:8]}{text[4:6]}{text[:4]}{text[8:]}" if len(text) in (8, 12) else None


def day_first_date(claim: Hoso, stream: Stream) -> Place | None:
    """``ddmmyyyy`` for ``yyyymmdd``."""
    places = (
        ("XML1", "NGAY_VAO"),
        ("XML1", "GT_THE_TU"),
        ("XML2", "NGAY_YL"),
        ("XML3", "NGAY_YL"),
        ("XML4", "NGAY_KQ"),
    )
    return _change(claim, stream, places, _turned)


def impossible_date(claim: Hoso, stream: Stream) -> Place | None:
    """A month of 13."""
    places = (("XML1", "NGAY_TTOAN"), ("XML2", "NGAY_TH_YL"), ("XML4", "NGAY_KQ"))
    return _change(claim, stream, places, lambda text: f"{text[:4]}13{text[6:]}" if len(text) == 12 else None)


def comma_number(claim: Hoso, stream: Stream) -> Place | None:
    """A decimal comma."""
    places = (("XML1", "CAN_NANG"), ("XML1", "T_BNTT"), ("XML2", "THANH_TIEN_BV"), ("XML3", "T_BHTT"))
    return _change(
        claim, stream, places, lambda text: f"{text.partition('.')[0]},{(text.partition('.')[2] or '0').ljust(2, '0')}"
    )


def word_for_number(claim: Hoso, stream: Stream) -> Place | None:
    """A unit behind a quantity."""
    return _change(claim, stream, (("XML2", "SO_LUONG"), ("XML1", "CAN_NANG")), lambda text: f"{text} (ước)")


def unknown_code(claim: Hoso, stream: Stream) -> Place | None:
    """A code that its list does not hold."""
    table, column, value = stream.pick(
        (
            ("XML1", "KET_QUA_DTRI", "9"),
            ("XML1", "MA_LOAI_RV", "7"),
            ("XML1", "MA_DOITUONG_KCB", "4.4"),
            ("XML2", "PHAM_VI", "6"),
        )
    )
    return _change(claim, stream, ((table, column),), lambda _: value)


def wrong_form(claim: Hoso, stream: Stream) -> Place | None:
    """An ICD-10 code with its name behind it, a bed by name."""
    table, column, value = stream.pick(
        (("XML1", "MA_BENH_CHINH", "j18-9"), ("XML1", "MA_NOI_DI", "79-01"), ("XML1", "MA_TTDV", "GD-001"))
    )
    return _change(claim, stream, ((table, column),), lambda _: value)


def over_long_value(claim: Hoso, stream: Stream) -> Place | None:
    """A text over the width of its column."""
    table, column = stream.pick(
        (("XML2", "TT_THAU"), ("XML4", "GIA_TRI"), ("XML1", "DIEN_THOAI"), ("XML1", "NHOM_MAU"))
    )
    width = TABLES[table].columns[column].width or 0
    return _change(claim, stream, ((table, column),), lambda text: (text or "0").ljust(width + 4, "9"))


def missing_required(claim: Hoso, stream: Stream) -> Place | None:
    """An empty cell without which the visit suffers."""
    places = (
        ("XML1", "HO_TEN"),
        ("XML1", "NGAY_SINH"),
        ("XML2", "TEN_THUOC"),
        ("XML2", "MA_THUOC"),
        ("XML3", "MA_NHOM"),
    )
    return _change(claim, stream, places, lambda text: "" if text else None)


def missing_asked_for(claim: Hoso, stream: Stream) -> Place | None:
    """An empty cell that the portal asks for."""
    places = (
        ("XML1", "CAN_NANG"),
        ("XML1", "MA_NGHE_NGHIEP"),
        ("XML1", "LY_DO_VV"),
        ("XML1", "MAXA_CU_TRU"),
        ("XML3", "MA_BAC_SI"),
    )
    return _change(claim, stream, places, lambda text: "" if text else None)


def negative_amount(claim: Hoso, stream: Stream) -> Place | None:
    """An amount below nothing."""
    return _change(claim, stream, (("XML1", "T_BNCCT"), ("XML3", "T_BNTT")), lambda _: "-5000.00")


def _more(text: str) -> str:
    whole, dot, part = text.partition(".")
    return f"{int(whole) + 10_000}{dot}{part}"


def wrong_sum(claim: Hoso, stream: Stream) -> Place | None:
    """A total that its rows do not add up to."""
    return _change(claim, stream, (("XML1", "T_TONGCHI_BV"), ("XML1", "T_TONGCHI_BH"), ("XML1", "T_BNTT")), _more)


def wrong_price(claim: Hoso, stream: Stream) -> Place | None:
    """A unit price that does not give the amount of its row; the place is that amount."""
    rows = claim.tables.get("XML2", [])
    number = stream.below(len(rows)) if rows else 0
    if not rows or float(rows[number]["SO_LUONG"]) < 1:
        return None
    row = rows[number]
    row["DON_GIA"] = _more(row["DON_GIA"])
    return Place("XML2", number + 1, "THANH_TIEN_BV", row["THANH_TIEN_BV"])


def unequal_cards(claim: Hoso, stream: Stream) -> Place | None:
    """One facility or date more than there are cards."""
    summary = claim.tables["XML1"][0]
    column = stream.pick(("MA_DKBD", "GT_THE_TU"))
    if not summary["MA_THE_BHYT"]:
        return None
    return _put(summary, "XML1", 1, column, f"{summary[column]};{summary[column][-8:].rpartition(';')[2]}")


def misfit_citizen_id(claim: Hoso, _stream: Stream) -> Place | None:
    """The citizen id of somebody of the other sex."""
    summary = claim.tables["XML1"][0]
    number = summary["SO_CCCD"]
    if len(number) != 12:
        return None
    other = str(int(number[3]) ^ 1)
    return _put(summary, "XML1", 1, "SO_CCCD", f"{number[:3]}{other}{number[4:]}")


def time_order(claim: Hoso, stream: Stream) -> Place | None:
    """Done before it was ordered."""
    rows = claim.tables.get("XML3", [])
    number = stream.below(len(rows)) if rows else 0
    if not rows or rows[number]["NGAY_YL"][8:] == "0000":
        return None
    return _put(rows[number], "XML3", number + 1, "NGAY_TH_YL", rows[number]["NGAY_YL"][:8] + "0000")


def wrong_days(claim: Hoso, stream: Stream) -> Place | None:
    """Treatment days that the times do not give."""
    summary = claim.tables["XML1"][0]
    if summary["MA_LOAI_KCB"] not in ("01", "02", "03", "04", "07"):
        return None
    return _put(summary, "XML1", 1, "SO_NGAY_DTRI", str(int(summary["SO_NGAY_DTRI"]) + stream.between(1, 5)))


def row_of_another_visit(claim: Hoso, stream: Stream) -> Place | None:
    """A row with the MA_LK of somebody else's visit."""
    return _change(claim, stream, (("XML2", "MA_LK"), ("XML3", "MA_LK")), lambda text: f"{text}-2")
