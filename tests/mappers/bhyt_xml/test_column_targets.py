"""Every column of XML1-XML5 arrives where the mapping table says: change its value, see which elements change."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mappers.bhyt_xml.schema.tables import TABLES, Column
from strategies.claim_source import inpatient, unit_of

#: Values that differ from those of the test claim and are as valid.
_OTHER = {
    "MA_LK": None,
    "SO_CCCD": "079085000001",
    "NGAY_SINH": "198503020000",
    "GIOI_TINH": "2",
    "MA_THE_BHYT": "HT2790987654321",
    "MA_DKBD": "79001",
    "MA_BENH_CHINH": "J20.1",
    "MA_BENH_KT": "N18.3",
    "MA_DANTOC": "02",
    "MA_LOAI_KCB": "09",
    "MA_DOITUONG_KCB": "1.1",
    "MA_TAI_NAN": "4",
    "MA_KHUVUC": "K3",
    "KET_QUA_DTRI": "1",
    "MA_LOAI_RV": "4",
    "MATINH_CU_TRU": "79",
    "PHAM_VI": "2",
    "MA_PTTT": "2",
    "NGUON_CTRA": "3",
    "PP_VO_CAM": "2",
    "VET_THUONG_TP": "1",
    "TAI_SU_DUNG": "",
    "MA_GIUONG": "T009",
    "GOI_VTYT": "G7",
    "GIA_TRI": "9.9",
    "MO_TA": "Mô tả khác",
    "MA_NHOM": None,
    "DIEN_BIEN_LS": "CSST<M80_T36_HA110/60_NT20_SP99_HL3>",
    "NGUOI_THUC_HIEN": "000777/HNO-CCHN;000888/HNO-CCHN",
    "MA_BAC_SI": "000777/HNO-CCHN;000888/HNO-CCHN",
    "NGAY_MIEN_CCT": "20250402",
}
#: MA_NHOM decides what a row becomes, so that its change is looked at on a row that stays what it is.
_GROUP = {"XML2": (0, "5"), "XML3": (0, "2")}
_COLUMNS = [column for table in TABLES.values() for column in table.columns.values()]


def _other(column: Column) -> str:
    if _OTHER.get(column.name) is not None:
        return str(_OTHER[column.name])
    if column.kind in ("number", "money"):
        return "7"
    if column.kind in ("date", "datetime", "birth"):
        return "202508041212"[: 8 if column.kind == "date" else 12]
    return {"5": "22222", "10": "0999999999"}.get(str(column.width), "KHÁC")[: column.width or 99]


def _leaves(value: object, path: str) -> set[tuple[str, str]]:
    """(path, value) of every leaf; an extension is one leaf, named by the end of its URL."""
    if isinstance(value, dict) and "url" in value:
        name = value["url"].rpartition("/")[2].removeprefix("ext-")
        return {(f"{path}({name})", repr(value))}
    if isinstance(value, dict):
        return {leaf for name, item in value.items() for leaf in _leaves(item, f"{path}.{name}")}
    if isinstance(value, list):
        return {leaf for item in value for leaf in _leaves(item, path)}
    shown = format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
    return {(path, shown)}


def _paths(tables: dict) -> set[tuple[str, str]]:
    unit = unit_of(tables)
    return {
        leaf
        for resource in (*unit.resources, *unit.shared)
        for leaf in _leaves(
            {k: v for k, v in resource.items() if k not in ("id", "resourceType")}, resource["resourceType"]
        )
    }


def _changed(column: Column) -> set[str]:
    before, after = inpatient(), inpatient()
    if column.name == "MA_NHOM":
        row, value = _GROUP[column.table]
        after[column.table][row][column.name] = value
    elif column.name == "MA_LK":
        for rows in after.values():
            for record in rows:
                record["MA_LK"] = "LK0009"
    else:
        for row in after[column.table]:
            if row.get(column.name) or column.name == "VET_THUONG_TP":
                row[column.name] = _other(column)
    return {path for path, _ in _paths(before) ^ _paths(after)}


@pytest.mark.parametrize("column", _COLUMNS, ids=lambda column: f"{column.table}.{column.name}")
def test_a_column_has_its_declared_targets(column: Column) -> None:
    if not column.targets:
        assert column.note, "a column without a target says why"
        return
    changed = _changed(column)
    optional = {"Observation.valueQuantity.comparator"} if column.name == "GIA_TRI" else set()
    optional |= {"Observation.extension(column)"} if column.name == "DON_VI_DO" else set()
    optional |= {"Observation.valueString"} if column.name == "GIA_TRI" else set()
    assert set(column.targets) - changed <= optional, sorted(changed)
