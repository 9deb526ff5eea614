"""Texts of columns -> values: dates, numbers, codes, lists.

Bad-data policy: a value is used only when its meaning is certain. Repairs with one possible meaning (a lost leading
zero, ``ddmmyyyy``, a decimal comma) are made and reported; anything else is left out of the resources and named in
an issue with its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from conformance.issues import Message
from mappers.bhyt_xml import messages
from mappers.bhyt_xml.extract.findings import Findings
from mappers.bhyt_xml.schema.tables import FORMS, Column

Value = Any
"""str (FHIR date or dateTime, code, text), Decimal, or a tuple of str for a list column."""
Read = tuple[Value | None, Message | None]
Reader = Callable[[str, Findings, int], Value | None]

_LONGEST_NUMBER = 30
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+\.\d+")
_DECIMAL_COMMA = re.compile(r"-?\d+,(?:\d{1,2}|\d{4,6})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{2}):(\d{2})(?::\d{2})?)?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2})?)?")
_FORMS = {name: re.compile(pattern) for name, (pattern, _) in FORMS.items()}


@lru_cache(maxsize=2048)
def read_number(text: str) -> Read:
    """The number with its digits as sent; a comma with one possible meaning is repaired."""
    plain = text.removeprefix("-")
    if plain.isascii() and plain.replace(".", "", 1).isdigit() and len(plain) <= _LONGEST_NUMBER:
        return Decimal(text), None
    if len(text) <= _LONGEST_NUMBER and _THOUSANDS.fullmatch(text):
        return Decimal(text.replace(",", "")), messages.NUMBER_REPAIRED
    if len(text) <= _LONGEST_NUMBER and _DECIMAL_COMMA.fullmatch(text):
        return Decimal(text.replace(",", ".")), messages.NUMBER_REPAIRED
    return None, messages.BAD_NUMBER


@lru_cache(maxsize=2048)
def read_date(text: str, zone: str) -> Read:
    """``yyyymmdd`` as a date, ``yyyymmddHHMM`` as a dateTime in ``zone``; other forms with one meaning repaired."""
    found = _stamp(text, zone) if len(text) in (8, 12) else None
    if found is not None:
        return found, None
    for form in (_day_first(text), text[:12] if len(text) == 14 else "", _separated(text)):
        found = _stamp(form, zone)
        if found is not None:
            return found, messages.DATE_REPAIRED
    return None, messages.BAD_DATE


def read_moment(text: str, zone: str) -> Read:
    """As ``read_date``; a bare day is used but reported."""
    value, message = read_date(text, zone)
    return value, message or (messages.DATE_REPAIRED if value is not None and len(value) == 10 else None)


@lru_cache(maxsize=2048)
def read_birth(text: str, zone: str) -> Read:
    """Date of birth as precise as it is known: unknown parts are written 0000, so midnight is no time of birth."""
    if len(text) in (4, 8, 12) and text.isascii() and text.isdigit():
        digits = text.ljust(12, "0")
        warning = None if len(text) == 12 else messages.DATE_REPAIRED
        year, month, day, time = digits[:4], digits[4:6], digits[6:8], digits[8:]
        if month == "00" and day == "00":
            return (year, warning) if "1800" < year < "2200" else (None, messages.BAD_DATE)
        if day == "00" and "01" <= month <= "12":
            return f"{year}-{month}", warning
        found = _stamp(digits[:8] if time == "0000" else digits, zone)
        if found is not None:
            return found, warning
    read, message = read_date(text, zone)
    return (read[:10] if read and "T00:00:" in read else read), message


def is_before(a: str, b: str) -> bool:
    """Whether the date or dateTime a is certainly before b, as far as both are precise."""
    length = min(len(a), len(b))
    return a[:length] < b[:length]


def _stamp(digits: str, zone: str) -> str | None:
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 12)):
        return None
    year, month, day, hour, minute = digits[:4], digits[4:6], digits[6:8], digits[8:10], digits[10:]
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return None
    if not "1850" < year < "2200" or hour > "23" or minute > "59":
        return None
    return f"{year}-{month}-{day}T{hour}:{minute}:00{zone}" if hour else f"{year}-{month}-{day}"


def _day_first(text: str) -> str:
    """``ddmmyyyy[HHMM]`` turned round; never ambiguous, as the years of living people make no month."""
    return text[4:8] + text[2:4] + text[:2] + text[8:] if len(text) in (8, 12) else ""


def _separated(text: str) -> str:
    if found := _SLASHED.fullmatch(text):
        day, month, year, hour, minute = found.groups("")
        return f"{year}{month:0>2}{day:0>2}{hour}{minute}"
    if found := _ISO.fullmatch(text):
        return "".join(found.groups(""))
    return ""


def reader(column: Column) -> Reader | None:
    """The compiled reader of one column: text -> value or None, telling what was wrong; None: the text is the value."""
    one = _KINDS[column.kind](column)
    return _list_reader(one) if column.is_list and one is not None else one


def _list_reader(one: Reader) -> Reader:
    def read(text: str, findings: Findings, row: int) -> Value | None:
        if ";" not in text:
            value = one(text, findings, row)
            return None if value is None else (value,)
        parts = (part.strip() for part in text.rstrip("; ").split(";"))
        values = tuple((one(part, findings, row) if part else None) or "" for part in parts)
        return values if any(values) else None

    return read


def _dated(parse: Callable[[str, str], Read]) -> Callable[[Column], Reader]:
    def compiled(column: Column) -> Reader:
        def read(text: str, findings: Findings, row: int) -> Value | None:
            value, message = parse(text, findings.zone)
            if message is not None:
                findings.add(message, column.table, row, column.name, text, read=value)
            return value

        return read

    return compiled


def _numeric(column: Column) -> Reader:
    def read(text: str, findings: Findings, row: int) -> Value | None:
        value, message = read_number(text)
        if message is not None:
            findings.add(message, column.table, row, column.name, text, read=value)
        if value is not None and value < 0:
            findings.add(messages.NEGATIVE, column.table, row, column.name, text)
        return value

    return read


def _coded(column: Column) -> Reader:
    codes, pad = column.codes, column.pad

    def read(text: str, findings: Findings, row: int) -> Value | None:
        if text in codes:
            return text
        for repaired, message in (
            (text.zfill(pad), messages.ZERO_RESTORED),
            (text.lstrip("0"), messages.ZERO_SURPLUS),
        ):
            if repaired in codes:
                findings.add(message, column.table, row, column.name, text, read=repaired)
                return repaired
        findings.add(messages.OUT_OF_LIST, column.table, row, column.name, text)
        return text

    return read


def _textual(column: Column) -> Reader | None:
    if not (column.pad or column.form):
        return (lambda text, _findings, _row: text) if column.is_list else None
    form = _FORMS.get(column.form)
    shown = FORMS[column.form][1] if column.form else ""

    def read(text: str, findings: Findings, row: int) -> Value | None:
        if len(text) < column.pad and text.isascii() and text.isdigit():
            padded = text.zfill(column.pad)
            findings.add(messages.ZERO_RESTORED, column.table, row, column.name, text, read=padded)
            text = padded
        if form is not None and not form.fullmatch(text):
            findings.add(messages.BAD_FORMAT, column.table, row, column.name, text, form=shown)
        return text

    return read


_KINDS: Mapping[str, Callable[[Column], Reader | None]] = MappingProxyType(
    {
        "text": _textual,
        "code": _coded,
        "number": _numeric,
        "money": _numeric,
        "date": _dated(read_date),
        "datetime": _dated(read_moment),
        "birth": _dated(read_birth),
    }
)
