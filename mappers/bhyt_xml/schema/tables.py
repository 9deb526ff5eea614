"""The claim tables XML1-XML5 of QĐ 4750: every column with its rules and its place in R4, read from ``columns.csv``.

Tags of the field are accepted in every known spelling; which spelling is official stands in the data.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from terminology.vietnam import displays

#: The decision whose tables these are; goes into Provenance.
SPECIFICATION = "QD-4750-QD-BYT"

#: Forms that texts may be asked to have: name -> (regular expression, how a person writes it).
FORMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "icd10": (r"[A-Z]\d{2}(\.\d{1,3})?[*+†]?", "A00.0"),
        "bhxh": (r"\d{10}", "10 digits"),
        "facility": (r"[0-9A-Z]{5}", "5 characters"),
        "person-id": (r"\d{9}|\d{12}|[A-Z]\d{7}", "9 or 12 digits, or a letter and 7 digits"),
        "package": (r"G[1-9]\d{0,2}", "G1-G999"),
        "bed": (r"[HTCK]\d{3}", "H001"),
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its text is read and where it goes."""

    table: str
    name: str
    kind: str
    """text, code, number, money, datetime, date or birth."""
    is_list: bool
    width: int | None
    required: str
    """``must``: the mapping suffers without it; ``yes``: the portal asks for it; empty: optional."""
    codes: frozenset[str]
    code_list: str
    pad: int
    """Number of digits a code has when its leading zeros are not lost."""
    form: str
    aliases: tuple[str, ...]
    targets: tuple[str, ...]
    note: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its elements and its columns in official order."""

    name: str
    root: str
    row: str
    title: str
    columns: Mapping[str, Column]
    spellings: Mapping[str, str]
    """Every accepted tag, in upper case, to the column's official name."""
    required: tuple[Column, ...]


#: table -> (root element, row element, title)
_ELEMENTS = {
    "XML1": ("TONG_HOP", "TONG_HOP", "Summary of the visit"),
    "XML2": ("CHITIEU_CHITIET_THUOC", "CHI_TIET_THUOC", "Drugs"),
    "XML3": ("CHITIEU_CHITIET_DVKT_VTYT", "CHI_TIET_DVKT", "Services and supplies"),
    "XML4": ("CHITIEU_CHITIET_DICHVUCANLAMSANG", "CHI_TIET_CLS", "Laboratory and imaging results"),
    "XML5": ("CHITIEU_CHITIET_DIENBIENLAMSANG", "CHI_TIET_DIEN_BIEN_BENH", "Clinical course"),
}

#: Elements between root and row.
LISTS = (
    "DSACH_CHI_TIET_THUOC",
    "DSACH_CHI_TIET_DVKT",
    "DSACH_CHI_TIET_CLS",
    "DSACH_CHI_TIET_DIEN_BIEN_BENH",
)


def _column(row: Mapping[str, str]) -> Column:
    return Column(
        table=row["table"],
        name=row["column"],
        kind=row["kind"],
        is_list=row["list"] == "yes",
        width=int(row["width"]) if row["width"] else None,
        required=row["required"],
        codes=frozenset(displays(row["codes"])) if row["codes"] else frozenset(),
        code_list=row["codes"],
        pad=int(row["pad"] or 0),
        form=row["form"],
        aliases=tuple(row["aliases"].split()),
        targets=tuple(target for target in row["target"].split("; ") if target),
        note=row["note"],
        meaning=row["meaning"],
    )


def _load() -> dict[str, Table]:
    text = (files(__package__) / "columns.csv").read_text(encoding="utf-8")
    columns = [_column(row) for row in csv.DictReader(text.splitlines())]
    return {name: _table(name, [column for column in columns if column.table == name]) for name in _ELEMENTS}


def _table(name: str, columns: list[Column]) -> Table:
    root, row, title = _ELEMENTS[name]
    spellings = {alias: column.name for column in columns for alias in column.aliases}
    return Table(
        name=name,
        root=root,
        row=row,
        title=title,
        columns=MappingProxyType({column.name: column for column in columns}),
        spellings=MappingProxyType(spellings | {column.name: column.name for column in columns}),
        required=tuple(column for column in columns if column.required),
    )


#: Name (``XML1``) -> table.
TABLES: Mapping[str, Table] = MappingProxyType(_load())

#: Row element -> table name.
ROW_TAGS: Mapping[str, str] = MappingProxyType({table.row: name for name, table in TABLES.items()})

#: Row elements of the tables that are counted but not read yet.
UNREAD_ROW_TAGS: Mapping[str, str] = MappingProxyType(
    {
        "TRANG_THAI_KCB": "XML0",
        "HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS": "XML6",
        "CHI_TIEU_DU_LIEU_GIAY_RA_VIEN": "XML7",
        "CHI_TIEU_DU_LIEU_TOM_TAT_HO_SO_BENH_AN": "XML8",
        "DU_LIEU_GIAY_CHUNG_SINH": "XML9",
        "CHI_TIEU_DU_LIEU_GIAY_NGHI_DUONG_THAI": "XML10",
        "CHI_TIEU_DU_LIEU_GIAY_CHUNG_NHAN_NGHI_VIEC_HUONG_BAO_HIEM_XA_HOI": "XML11",
        "CHI_TIEU_GIAYCHUYENTUYEN": "XML13",
        "CHI_TIEU_GIAYHEN_KHAMLAI": "XML14",
        "CHITIET_DIEUTRI_BENHLAO": "XML15",
    }
)
