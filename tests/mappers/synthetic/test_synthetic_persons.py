"""The people: numbers that fit their birth and sex, cards that fit the day, stays that do not overlap."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from itertools import pairwise

import pytest

from mappers.synthetic import generate, reference

CARD = re.compile(r"[A-Z]{2}[1-5]\d{12}|\d{10}|\d{12}")


@pytest.fixture(scope="module")
def summaries(read_claims):
    found = {}
    for envelope in generate(31, 2400):
        for claim in read_claims(envelope.content):
            found[claim.summary["MA_CSKCB"], claim.summary["MA_LK"]] = claim.summary
    return list(found.values())


def person(row):
    return row["HO_TEN"], row["NGAY_SINH"], row["DIA_CHI"]


def test_citizen_ids_fit_birth_and_sex_and_belong_to_one_person(summaries):
    owners = defaultdict(set)
    provinces = {old for province in reference.provinces().values for old in province.old}
    forms = set()
    for row in summaries:
        number = row["SO_CCCD"]
        forms.add(len(number))
        if not number:
            continue
        owners[number].add(person(row))
        if len(number) == 12:
            assert number[0] == "0"
            assert number[1:3] in provinces
            assert int(number[3]) == (int(row["NGAY_SINH"][:2]) - 19) * 2 + (row["GIOI_TINH"] == "2")
            assert number[4:6] == row["NGAY_SINH"][2:4]
        else:
            assert re.fullmatch(r"\d{9}|[A-Z]\d{7}", number)
    assert all(len(people) == 1 for people in owners.values())
    assert {0, 9, 12} <= forms


def test_insurance_numbers_belong_to_one_person(summaries):
    owners = defaultdict(set)
    for row in summaries:
        for card in filter(None, row["MA_THE_BHYT"].split(";")):
            assert CARD.fullmatch(card)
            if len(card) != 12:
                owners[card[-10:]].add(person(row))
    assert all(len(people) == 1 for people in owners.values())


def test_card_lists_are_parallel_and_cover_the_arrival(summaries):
    counts = set()
    for row in summaries:
        lists = [row[column].split(";") for column in ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN")]
        assert len({len(part) for part in lists}) == 1
        counts.add(len(lists[0]) if row["MA_THE_BHYT"] else 0)
        if row["MA_THE_BHYT"]:
            assert row["GT_THE_TU"].split(";")[0] <= row["NGAY_VAO"][:8]
            assert row["GT_THE_DEN"].split(";")[-1] >= row["NGAY_RA"][:8] or not row["GT_THE_DEN"]
    assert counts == {0, 1, 2}


def test_stays_of_a_person_do_not_overlap_and_follow_birth(summaries):
    stays = defaultdict(list)
    for row in summaries:
        assert row["NGAY_SINH"][:8].replace("0000", "0101") <= row["NGAY_VAO"][:8]
        assert row["NGAY_VAO"] <= (row["NGAY_VAO_NOI_TRU"] or row["NGAY_VAO"]) <= row["NGAY_RA"]
        stays[person(row)].append((row["NGAY_VAO"], row["NGAY_RA"]))
    for found in stays.values():
        found.sort()
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(found))


def test_persons_come_back_at_several_facilities(summaries):
    places = defaultdict(set)
    for row in summaries:
        places[person(row)].add(row["MA_CSKCB"])
    assert 2 < len(summaries) / len(places) < 5
    assert sum(len(found) > 1 for found in places.values()) > len(places) / 4


def test_treatment_days_follow_the_kind(summaries):
    kinds = set()
    for row in summaries:
        kinds.add(row["MA_LOAI_KCB"])
        days = int(row["SO_NGAY_DTRI"])
        arrived, left = (datetime.strptime(row[column][:8], "%Y%m%d") for column in ("NGAY_VAO", "NGAY_RA"))  # noqa: DTZ007
        if row["MA_LOAI_KCB"] in ("01", "07", "09"):
            assert days == 0
        if row["MA_LOAI_KCB"] in ("02", "03", "04", "06"):
            assert days == (left - arrived).days + 1
        if row["MA_LOAI_KCB"] == "05":
            assert days in (28, 30)
    assert {f"{number:02d}" for number in range(1, 11)} <= kinds


def test_addresses_are_wards_of_the_34_provinces(summaries):
    wards = {ward.code: (province, ward) for province in reference.provinces().values for ward in province.wards}
    assert len(reference.provinces().values) == 34
    for row in summaries:
        province, ward = wards[row["MAXA_CU_TRU"]]
        assert row["MATINH_CU_TRU"] == province.code
        assert row["DIA_CHI"].endswith(f"{ward.name}, {province.full}")
        assert row["MAHUYEN_CU_TRU"] == ward.old_district


def test_hiv_visits_carry_their_entitlement(summaries):
    listed = [row for row in summaries if row["MA_BENH_CHINH"] in ("B20", "Z21") and row["MA_THE_BHYT"]]
    assert listed
    assert all(row["MA_DOITUONG_KCB"] == ("1.9" if row["NGAY_RA"] < "20251017" else "1.16") for row in listed)


def test_newborns_children_and_the_old_are_there(summaries):
    ages = {int(row["NGAY_VAO"][:4]) - int(row["NGAY_SINH"][:4]) for row in summaries}
    assert {0, 5, 15, 40, 70, 85} <= ages
    assert any(row["NGAY_SINH"].endswith("00000000") for row in summaries)
    assert any(row["MA_DOITUONG_KCB"] == "1.7" for row in summaries)
    assert any(row["HO_TEN"].startswith("CON BÀ ") for row in summaries)
