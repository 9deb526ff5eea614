"""The facts behind the generator, read from its data folder: places, names, diagnoses, drugs, services, results.

Provinces and wards are those in force since 1 July 2025, each ward with the district and province it lay in before.
Their source is the package ``vietnamadminunits`` 1.0.4 (MIT licence). No row names a real person or facility.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mappers.synthetic.money import thousandths
from mappers.synthetic.stream import Weighted


@dataclass(frozen=True, slots=True)
class Ward:
    """A commune, with the codes of the district and the province it lay in before July 2025."""

    code: str
    name: str
    old_district: str
    old_province: str


@dataclass(frozen=True, slots=True, eq=False)
class Province:
    """A province since July 2025; ``weight`` is its population in thousands, ``minorities`` are per thousand."""

    code: str
    name: str
    full: str
    initials: str
    weight: int
    old: tuple[str, ...]
    ethnic: Weighted[str]
    wards: tuple[Ward, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An ICD-10 code with who gets it, how often outside and inside the ward, and what is done about it."""

    code: str
    name: str
    sex: str
    youngest: int
    oldest: int
    out: int
    inp: int
    care: str
    procedure: str

    def befalls(self, age: int, sex: int) -> bool:
        """True when a person of this age in years and sex can have it."""
        return self.youngest <= age <= self.oldest and self.sex in ("", str(sex))


@dataclass(frozen=True, slots=True)
class Care:
    """What a group of diagnoses means for the visit: department, complaint, treatment, advice."""

    department: str
    complaint: str
    treatment: str
    note: str


@dataclass(frozen=True, slots=True)
class Item:
    """A drug, service, supply or blood product: constant cells of its row, and prices in thousandths of a dong."""

    code: str
    name: str
    group: int
    price: int
    hospital: int
    rate: int
    scope: int
    daily: int
    machine: str
    place: str
    care: frozenset[str]
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One result line of a laboratory service: a range with places, or a list of words."""

    code: str
    name: str
    unit: str
    low: str
    high: str
    places: int
    words: tuple[str, ...]


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("mappers.synthetic") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _json(name: str) -> Any:
    return json.loads((files("mappers.synthetic") / "data" / name).read_text(encoding="utf-8"))


@cache
def names() -> dict[str, Any]:
    """Family, middle and given names with their weights, streets and hamlets."""
    return dict(_json("names.json"))


@cache
def provinces() -> Weighted[Province]:
    """The 34 provinces, weighted by population."""
    return Weighted((province, province.weight) for province in map(_province, _json("provinces.json")))


def _province(row: dict[str, Any]) -> Province:
    minorities = [(code, int(share)) for code, share in row["minorities"].items()]
    majority = 1000 - sum(share for _, share in minorities)
    return Province(
        code=row["code"],
        name=row["name"],
        full=row["full"],
        initials=_initials(row["name"]),
        weight=row["weight"],
        old=tuple(row["old"]),
        ethnic=Weighted([("01", majority), *minorities]),
        wards=tuple(Ward(*ward) for ward in row["wards"]),
    )


def _initials(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.replace("Đ", "D"))
    return "".join(letter for letter in plain if "A" <= letter <= "Z")


@cache
def diagnoses() -> tuple[Diagnosis, ...]:
    """All diagnoses of the table."""
    return tuple(
        Diagnosis(
            code=row["code"],
            name=row["name"],
            sex=row["sex"],
            youngest=int(row["from"]),
            oldest=int(row["to"]),
            out=int(row["out"]),
            inp=int(row["inp"]),
            care=row["care"],
            procedure=row["procedure"],
        )
        for row in _rows("diagnoses.csv")
    )


@cache
def diagnosis(code: str) -> Diagnosis:
    """One diagnosis by its ICD-10 code."""
    return next(row for row in diagnoses() if row.code == code)


@cache
def cares() -> dict[str, Care]:
    """The care groups by name."""
    return {
        row["care"]: Care(row["department"], row["complaint"], row["treatment"], row["note"])
        for row in _rows("care.csv")
    }


@cache
def drugs() -> tuple[Item, ...]:
    """Drugs, with the constant cells of an XML2 row."""
    return tuple(
        _item(
            row,
            {
                "MA_THUOC": row["code"],
                "TEN_THUOC": " ".join(filter(None, (row["ingredient"], row["strength"]))),
                "HAM_LUONG": row["strength"] or "0",
                "DON_VI_TINH": row["unit"],
                "DANG_BAO_CHE": row["form"],
                "DUONG_DUNG": row["route"],
                "SO_DANG_KY": row["registration"],
            },
            row["ingredient"],
        )
        for row in _rows("drugs.csv")
    )


@cache
def blood() -> tuple[Item, ...]:
    """Blood products, with the constant cells of an XML2 row."""
    return tuple(
        _item(
            row,
            {
                "MA_THUOC": row["code"],
                "TEN_THUOC": row["name"],
                "HAM_LUONG": row["strength"],
                "DON_VI_TINH": row["unit"],
                "DUONG_DUNG": "2.15",
            },
        )
        for row in _rows("blood.csv")
    )


@cache
def services() -> tuple[Item, ...]:
    """Services of every cost group, with the constant cells of an XML3 row."""
    return tuple(
        _item(row, {"MA_DICH_VU": row["code"], "TEN_DICH_VU": row["name"], "DON_VI_TINH": row["unit"]})
        for row in _rows("services.csv")
    )


@cache
def supplies() -> tuple[Item, ...]:
    """Medical supplies, with the constant cells of an XML3 row."""
    return tuple(
        _item(row, {"MA_VAT_TU": row["code"], "TEN_VAT_TU": row["name"], "DON_VI_TINH": row["unit"]})
        for row in _rows("supplies.csv")
    )


def _item(row: dict[str, str], cells: dict[str, str], name: str = "") -> Item:
    price = thousandths(row["price"])
    return Item(
        code=row["code"],
        name=name or row["name"],
        group=int(row["group"]),
        price=price,
        hospital=thousandths(row.get("hospital", row["price"])),
        rate=int(row.get("rate", "100")),
        scope=int(row.get("scope", "1" if price else "2")),
        daily=int(row.get("daily", "1")),
        machine=row.get("machine", ""),
        place=row.get("place", "both"),
        care=frozenset(row["care"].split()),
        cells={**cells, "MA_NHOM": row["group"]},
    )


@cache
def service(code: str) -> Item:
    """One service by its code."""
    return next(item for item in services() if item.code == code)


@cache
def indicators() -> dict[str, tuple[Indicator, ...]]:
    """Result lines by laboratory service."""
    found: dict[str, tuple[Indicator, ...]] = {}
    for row in _rows("indicators.csv"):
        words = tuple(row["high"].split("|")) if row["low"] == "=" else ()
        line = Indicator(row["code"], row["name"], row["unit"], row["low"], row["high"], int(row["decimals"]), words)
        found[row["service"]] = (*found.get(row["service"], ()), line)
    return found


@cache
def findings() -> dict[str, tuple[tuple[str, str], ...]]:
    """Description and conclusion pairs by imaging or functional service."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in _rows("findings.csv"):
        found[row["service"]] = (*found.get(row["service"], ()), (row["description"], row["conclusion"]))
    return found


@cache
def surgery() -> dict[str, str]:
    """Service code of the operation that a diagnosis calls for."""
    return {row["code"]: row["service"] for row in _rows("surgery.csv")}
