"""The small national lists."""

from __future__ import annotations

import pytest

from terminology.vietnam import displays, list_names, province, rows, successor


def test_lists_have_distinct_codes_and_displays() -> None:
    for name in list_names():
        codes = [row["code"] for row in rows(name)]
        assert len(codes) == len(set(codes)), name
        assert all(displays(name).values()), name


def test_counts() -> None:
    counts = {name: len(rows(name)) for name in ("ethnicity", "province", "province-before-2025-07", "cost-group")}
    assert counts == {"ethnicity": 56, "province": 34, "province-before-2025-07": 63, "cost-group": 19}


@pytest.mark.parametrize("code", ["15", "24", "44", "52", "80", "82", "91"])
def test_reused_codes_name_another_province(code: str) -> None:
    assert province(code, "2025-06-30") != province(code, "2025-07-01")


def test_every_old_province_has_a_successor() -> None:
    assert {successor(row["code"]) for row in rows("province-before-2025-07")} == set(displays("province"))
    assert successor("00") is None
    assert province("00", "2025-07-01") is None


def test_an_unknown_list_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        rows("no-such-list")
