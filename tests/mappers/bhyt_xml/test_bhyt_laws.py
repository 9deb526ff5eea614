"""Laws of the mapping: order of claims, order of rows, repetition, and the quick reader against the parser."""

from __future__ import annotations

import io
import itertools
import pickle
import tracemalloc
from functools import reduce

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mappers.bhyt_xml import BHYT_XML
from mappers.bhyt_xml.extract.flat import flat_rows
from mappers.bhyt_xml.extract.table import _items, _row_elements
from mappers.bhyt_xml.schema.tables import TABLES
from mappers.merge import conflicts, merge, normal
from mappers.synthetic import generate
from mappers.units import Raw
from strategies.claim_source import (
    CONTEXT,
    drug,
    envelope,
    hoso_xml,
    inpatient,
    of_type,
    read,
    summary,
    table_xml,
    unit_of,
)

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encoded(items: list[dict]) -> list[bytes]:
    return [_ENCODER.encode(item) for item in items]


_SUMMARIES = st.fixed_dictionaries(
    {
        "HO_TEN": st.sampled_from(["Nguyễn Văn An", "NGUYỄN VĂN AN", "Nguyễn Văn Anh", "An"]),
        "NGAY_SINH": st.sampled_from(["198505120000", "198500000000", "198505130000"]),
        "DIEN_THOAI": st.sampled_from(["", "0901", "0902"]),
        "DIA_CHI": st.sampled_from(["", "Số 1", "Số 2"]),
        "MA_DANTOC": st.sampled_from(["01", "02"]),
        "NHOM_MAU": st.sampled_from(["", "A", "B"]),
        "MA_BN": st.sampled_from(["B1", "B2"]),
        "MA_CSKCB": st.sampled_from(["01001", "79001"]),
        "MA_THE_BHYT": st.sampled_from(["DN4010123456789", "HT2010123456789", ""]),
        "GT_THE_TU": st.sampled_from(["20250101", "20250201"]),
        "GT_THE_DEN": st.sampled_from(["20251231", "20261231"]),
        "NGAY_VAO": st.sampled_from(["202508010830", "202408010830", "202509020700"]),
        "MA_LK": st.sampled_from(["A", "B", "C"]),
    }
)


def contributions(changes: dict[str, str]) -> dict[str, dict]:
    unit = unit_of({"XML1": [summary(**changes)]})
    return {f"{item['resourceType']}/{item['id']}": item for item in unit.shared}


@settings(max_examples=60, deadline=None)
@given(st.lists(_SUMMARIES, min_size=3, max_size=3))
def test_merging_is_commutative_associative_and_idempotent(changes: list[dict[str, str]]) -> None:
    a, b, c = (contributions(change) for change in changes)
    for key in a.keys() & b.keys():
        assert encoded([merge(a[key], b[key])]) == encoded([merge(b[key], a[key])])
        once = merge(a[key], b[key])
        assert encoded([merge(once, once), merge(once, a[key])]) == encoded([once, once])
    for key in a.keys() & b.keys() & c.keys():
        left, right = merge(merge(a[key], b[key]), c[key]), merge(a[key], merge(b[key], c[key]))
        assert encoded([left]) == encoded([right])
    for item in a.values():
        assert encoded([normal(item)]) == encoded([merge(item, item)])


def test_every_order_of_generated_claims_gives_the_same_shared_resources() -> None:
    units = [unit for envelope in generate(5, 12, visits_per_envelope=4) for unit in read(envelope.content)[0]]
    groups: dict[str, list[dict]] = {}
    for unit in units:
        for item in unit.shared:
            groups.setdefault(f"{item['resourceType']}/{item['id']}", []).append(item)
    for items in groups.values():
        results = {_ENCODER.encode(reduce(merge, order)) for order in itertools.permutations(items[:4])}
        assert len(results) == 1


def test_an_old_file_loaded_late_does_not_undo_newer_facts() -> None:
    new = contributions({"DIEN_THOAI": "0999", "HO_TEN": "Nguyễn Văn Bình", "NGAY_VAO": "202509010800"})
    old = contributions(
        {"DIEN_THOAI": "0111", "HO_TEN": "Nguyễn Văn An", "NGAY_VAO": "202401010800", "MA_CSKCB": "79001"}
    )
    key = next(key for key in new if key.startswith("Patient/"))
    person = merge(new[key], old[key])
    assert [name["text"] for name in person["name"]] == ["Nguyễn Văn Bình", "Nguyễn Văn An"]
    assert [name["use"] for name in person["name"]] == ["official", "old"]
    assert [item["value"] for item in person["telecom"]] == ["0999"]
    assert len([item for item in person["identifier"] if "/sid/patient/" in item["system"]]) == 2


def test_contradictions_are_told_and_vagueness_is_none() -> None:
    a, b, c = (
        next(item for key, item in contributions(change).items() if key.startswith("Patient/"))
        for change in (
            {"NGAY_SINH": "198505120000"},
            {"NGAY_SINH": "198501010000", "HO_TEN": "Trần Thị Hoa"},
            {"NGAY_SINH": "198500000000"},
        )
    )
    assert [name for name, _, _ in conflicts(a, b)] == ["birthDate", "name"]
    assert conflicts(a, c) == []


def test_merging_two_different_resources_is_refused() -> None:
    with pytest.raises(ValueError, match="is not"):
        merge({"resourceType": "Patient", "id": "a"}, {"resourceType": "Patient", "id": "b"})


def test_two_runs_give_the_same_bytes_also_through_a_process_border() -> None:
    def through(value):
        return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes

    data = envelope(hoso_xml(inpatient()))
    raw = next(piece for piece in BHYT_XML.split(io.BytesIO(data), "f") if isinstance(piece, Raw))
    first, second = BHYT_XML.translate(raw, CONTEXT), through(BHYT_XML).translate(through(raw), CONTEXT)
    assert encoded(first.resources + first.shared) == encoded(second.resources + second.shared)
    assert through(first) == first


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(5)))
def test_row_ids_do_not_depend_on_order_or_number(order: list[int]) -> None:
    rows = [
        drug(), drug(SO_LUONG="5", THANH_TIEN_BV="150000"), drug(MA_THUOC="40.68"), drug(NGAY_YL="202508020900"),
        drug(SO_LUONG="7"),
    ]  # fmt: skip

    def requests(rows: list[dict[str, str]]) -> dict[str, str]:
        unit = unit_of({"XML1": [summary()], "XML2": rows})
        return {item["id"]: str(item["quantity"]["value"]) for item in of_type(unit, "MedicationDispense")}

    renumbered = [rows[place] | {"STT": str(number)} for number, place in enumerate(order, 1)]
    assert requests(renumbered) == requests(rows)


def test_a_row_taken_away_leaves_the_ids_of_the_others() -> None:
    both = {"XML1": [summary()], "XML2": [drug(), drug(MA_THUOC="40.68", STT="2")]}
    one = {"XML1": [summary()], "XML2": [drug(MA_THUOC="40.68", STT="1")]}
    kept = {item["id"] for item in of_type(unit_of(one), "MedicationRequest")}
    assert kept < {item["id"] for item in of_type(unit_of(both), "MedicationRequest")}


def test_another_key_gives_other_ids() -> None:
    other = read(envelope(hoso_xml(inpatient())), context=type(CONTEXT)(key=b"another"))[0][0]
    assert not {item["id"] for item in other.resources} & {item["id"] for item in unit_of(inpatient()).resources}


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(st.sampled_from(["MA_LK", "STT", "KET_LUAN"]), _TEXT), min_size=1, max_size=3),
    st.booleans(),
)
def test_the_quick_reader_agrees_with_the_parser(rows: list[dict[str, str]], quoted: bool) -> None:
    text = table_xml("XML4", rows)
    if quoted:
        text = text.replace("<KET_LUAN>", "<KET_LUAN><![CDATA[").replace("</KET_LUAN>", "]]></KET_LUAN>")
    quick = flat_rows(text, TABLES["XML4"])
    if quick is not None:
        root = etree.fromstring(text.encode())
        assert quick == [_items(row) for row in _row_elements(root, TABLES["XML4"])]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.binary(max_size=6))
def test_damaged_bytes_never_raise(place: int, noise: bytes) -> None:
    data = bytearray(envelope(hoso_xml(inpatient(), "plain")))
    place %= len(data)
    data[place : place + len(noise)] = noise
    units, issues = read(bytes(data))
    assert units or issues


class _Endless(io.RawIOBase):
    """An envelope of many claims that is made while it is read."""

    def __init__(self, claims: int) -> None:
        whole = envelope(hoso_xml(inpatient()), count=claims)
        start, end = whole.index(b"<HOSO>"), whole.index(b"</HOSO>") + len(b"</HOSO>")
        self._pieces = itertools.chain([whole[:start]], itertools.repeat(whole[start:end], claims), [whole[end:]])
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        taken = self._left[: len(buffer)]
        self._left = self._left[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)


def test_memory_does_not_grow_with_the_file() -> None:
    claims = 2000
    tracemalloc.start()
    try:
        pieces = sum(isinstance(piece, Raw) for piece in BHYT_XML.split(io.BufferedReader(_Endless(claims)), "big.xml"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert pieces == claims
    assert peak < 3 << 20
