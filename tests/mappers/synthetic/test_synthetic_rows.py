"""The clinical rows: times in order, results for tests, notes with vital signs, widths kept."""

from __future__ import annotations

import re

import pytest

from mappers.bhyt_xml.schema.tables import TABLES
from mappers.synthetic import generate

VITAL_SIGNS = re.compile(r"CSST<M\d+_T\d\d(\.\d)?(_HA\d+/\d+)?_NT\d+(_SP\d+)?(_HL\d)?>")


@pytest.fixture(scope="module")
def claims(read_claims):
    return [claim for envelope in generate(41, 900) for claim in read_claims(envelope.content)]


def test_rows_are_ordered_done_and_answered_in_this_order_within_the_stay(claims):
    for claim in claims:
        arrival, end = claim.summary["NGAY_VAO"], claim.summary["NGAY_RA"]
        for row in claim.lines:
            assert arrival <= row["NGAY_YL"] <= row["NGAY_TH_YL"] <= end
            assert not row.get("NGAY_KQ") or row["NGAY_YL"] <= row["NGAY_KQ"]
        for row in claim.tables.get("XML5", []):
            assert arrival <= row["THOI_DIEM_DBLS"] <= end


def test_results_belong_to_a_service(claims):
    texts = set()
    for claim in claims:
        services = {row["MA_DICH_VU"] for row in claim.tables.get("XML3", [])}
        for row in claim.tables.get("XML4", []):
            assert row["MA_DICH_VU"] in services
            assert row["GIA_TRI"] or row["KET_LUAN"]
            texts.add(row["GIA_TRI"])
        for row in claim.tables.get("XML3", []):
            if row["MA_NHOM"] in ("1", "2", "3"):
                assert row["MA_DICH_VU"] in {result["MA_DICH_VU"] for result in claim.tables["XML4"]}
    assert "Âm tính" in texts
    assert any(text.startswith("<") for text in texts)


def test_notes_only_where_the_tables_want_them_each_with_vital_signs(claims):
    noted = {claim.summary["MA_LOAI_KCB"] for claim in claims if "XML5" in claim.tables}
    assert noted <= {"02", "03", "04", "05", "06", "08", "09"}
    for claim in claims:
        for row in claim.tables.get("XML5", []):
            assert VITAL_SIGNS.search(row["DIEN_BIEN_LS"])


def test_no_value_is_wider_than_its_column(claims):
    for claim in claims:
        for table, rows in claim.tables.items():
            for row in rows:
                for column, text in row.items():
                    width = TABLES[table].columns[column].width
                    assert width is None or len(text) <= width, (table, column, text)


def test_groups_stand_in_their_tables(claims):
    drugs = {row["MA_NHOM"] for claim in claims for row in claim.tables.get("XML2", [])}
    services = {row["MA_NHOM"] for claim in claims for row in claim.tables.get("XML3", [])}
    assert drugs <= {"4", "5", "6", "7"}
    assert (
        {"1", "2", "3", "8", "10", "13", "15", "18"}
        <= services
        <= {str(group) for group in range(1, 20)} - {"4", "5", "6", "7"}
    )


def test_row_numbers_count_from_one(claims):
    for claim in claims:
        for rows in claim.tables.values():
            assert [row["STT"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
