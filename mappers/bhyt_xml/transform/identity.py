"""Who a claim is about: the person, the card, the ids of everything that the visit makes.

A person is known by a citizen id that fits birth year and sex (children often carry a parent's), else by the
ten-digit social-insurance number of the card, else by the facility's own patient number. Ids are keyed hashes of
that, because a plain hash of a citizen id can be found by trying all of them.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mappers.bhyt_xml.extract.records import Record

_LINKED_NUMBER = re.compile(r"[A-Z]{2}[1-5]\d{2}(\d{10})")
_CENTURY = {"0": "19", "1": "19", "2": "20", "3": "20", "4": "21", "5": "21"}
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Ids:
    """Resource ids of one installation."""

    key: bytes

    def of(self, *parts: str) -> str:
        """The id of what these parts name: 32 hex digits of an HMAC-SHA256."""
        return hmac.digest(self.key, _SEPARATOR.join(parts).encode(), "sha256")[:16].hex()

    def often(self, *parts: str) -> str:
        """As ``of``, for what many visits name: facilities, departments, practitioners."""
        return _remembered(self.key, parts)


@lru_cache(maxsize=4096)
def _remembered(key: bytes, parts: tuple[str, ...]) -> str:
    return Ids(key).of(*parts)


@dataclass(frozen=True, slots=True)
class Card:
    """One insurance card of a claim, its lists of XML1 put together."""

    number: str
    facility: str
    start: str
    end: str

    @property
    def is_temporary(self) -> bool:
        """A child's card that the facility made up: TE1, registered at a province instead of a facility."""
        return self.number.startswith("TE1") and (self.facility[2:] == "000" or not self.facility)

    @property
    def insurance_number(self) -> str:
        """The ten-digit social-insurance number, empty when the card does not tell a usable one."""
        found = _LINKED_NUMBER.fullmatch(self.number)
        number = self.number if len(self.number) == 10 and self.number.isdigit() else found.group(1) if found else ""
        return "" if self.is_temporary or not number.strip("0") else number


@dataclass(frozen=True, slots=True)
class Person:
    """The identity of the patient of a claim."""

    key: tuple[str, ...]
    """What the Patient id is made from."""
    cccd: str
    """The citizen id that fits, or empty."""
    insurance_number: str


def cccd_fits(number: str, birth: str, sex: str) -> bool:
    """Whether a 12-digit citizen id agrees with year of birth and sex (digit 4: century and sex, 5-6: year)."""
    if len(number) != 12 or not (number.isascii() and number.isdigit()) or sex not in ("1", "2") or len(birth) < 4:
        return False
    is_female = int(number[3]) % 2 == 1
    return _CENTURY.get(number[3], "") + number[4:6] == birth[:4] and is_female == (sex == "2")


def cards(summary: Record) -> tuple[list[Card], list[tuple[str, int, int]]]:
    """The cards of XML1, and (column, its count, number of cards) for each list of another length."""
    numbers = summary.get("MA_THE_BHYT") or ()
    lists: dict[str, Sequence[str]] = {}
    unequal = []
    for column in ("MA_DKBD", "GT_THE_TU", "GT_THE_DEN"):
        values = _filled_up(summary, column, len(numbers))
        if values and len(values) != len(numbers):
            unequal.append((column, len(values), len(numbers)))
            values = ()
        lists[column] = values or ("",) * len(numbers)
    made = [
        Card(*parts) for parts in zip(numbers, lists["MA_DKBD"], lists["GT_THE_TU"], lists["GT_THE_DEN"], strict=True)
    ]
    return [card for card in made if card.number], unequal


def _filled_up(summary: Record, column: str, count: int) -> Sequence[str]:
    """The parts of a list of cards; one that ends in ``;`` because the last card has no such date is whole."""
    values: Sequence[str] = summary.get(column) or ()
    lacking = count - len(values)
    is_whole = values and lacking > 0 and summary.sent[column].count(";") == count - 1
    return (*values, *("",) * lacking) if is_whole else values


def person(summary: Record, held: Iterable[Card], facility: str, ma_lk: str) -> Person:
    """The identity by the first rule that applies."""
    born, sex = summary.text("NGAY_SINH"), summary.text("GIOI_TINH")
    held = tuple(held)
    candidates = (summary.text("SO_CCCD"), *(card.number for card in held))
    cccd = next((number for number in candidates if cccd_fits(number, born, sex)), "")
    insurance = next((card.insurance_number for card in held if card.insurance_number), "")
    if cccd:
        key: tuple[str, ...] = ("cccd", cccd)
    elif insurance:
        key = ("bhxh", insurance)
    elif summary.text("MA_BN"):
        key = ("patient", facility, summary.text("MA_BN"))
    else:
        key = ("visit", facility, ma_lk)
    return Person(key, cccd, insurance)


#: What makes two rows of a table the same order: code and time. STT does not.
ROW_KEYS: dict[str, Callable[[Record], tuple[str, str]]] = {
    "XML2": lambda row: (_drug_code(row), row.text("NGAY_YL")),
    "XML3": lambda row: (_service_code(row), row.text("NGAY_YL")),
    "XML4": lambda row: (
        f"{row.text('MA_DICH_VU')}|{row.text('MA_CHI_SO') or row.text('TEN_CHI_SO')}",
        row.text("NGAY_KQ"),
    ),
    "XML5": lambda row: ("", row.text("THOI_DIEM_DBLS")),
}


def row_ids(ids: Ids, visit: tuple[str, str], records: Sequence[Record]) -> list[str]:
    """An id for each row from its content, so that renumbering or reordering the rows changes none."""
    if not records:
        return []
    table = records[0].table
    keys = [ROW_KEYS[table](record) for record in records]
    ordinals = [0] * len(records)
    if len(set(keys)) != len(keys):
        ordinals = _ordinals(keys, records)
    return [ids.of(*visit, table, *key, str(ordinal)) for key, ordinal in zip(keys, ordinals, strict=True)]


def _ordinals(keys: Sequence[tuple[str, str]], records: Sequence[Record]) -> list[int]:
    """The place of each row among its equals, by content without STT; truly equal rows keep their order."""
    ordinals = [0] * len(keys)
    seen: dict[tuple[str, str], int] = {}
    counts = Counter(keys)

    def content(place: int) -> list[tuple[str, str]]:
        return sorted((name, text) for name, text in records[place].sent.items() if name != "STT")

    equals = [place for place, key in enumerate(keys) if counts[key] > 1]
    for place in sorted(equals, key=content):
        ordinals[place] = seen.get(keys[place], 0)
        seen[keys[place]] = ordinals[place] + 1
    return ordinals


def _drug_code(row: Record) -> str:
    code = row.text("MA_THUOC")
    return code if code.strip("0.") else f"{code}|{row.text('TEN_THUOC')}"


def _service_code(row: Record) -> str:
    service, supply = row.text("MA_DICH_VU"), row.text("MA_VAT_TU")
    name = "" if service or supply else row.text("TEN_VAT_TU") or row.text("TEN_DICH_VU")
    return f"{service}|{supply}|{name}"
