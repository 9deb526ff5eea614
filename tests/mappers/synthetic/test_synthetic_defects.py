"""Planted defects: listed, repeatable, each of its kind, and found by the claims mapper at the planted place."""

from __future__ import annotations

import io
import json
from collections import Counter

import pytest

from mappers.registry import MAPPERS, units
from mappers.synthetic import DEFECT_KINDS, generate
from mappers.synthetic.defects.planting import TRUNCATED
from mappers.units import MapContext, MapIssue

CONTEXT = MapContext(key=b"a key of thirty-two bytes or more")


def issues_of(envelope):
    found = []
    for unit in units(MAPPERS["bhyt-xml"], io.BytesIO(envelope.content), envelope.name, CONTEXT):
        found += [unit] if isinstance(unit, MapIssue) else unit.issues
    return found


@pytest.fixture(scope="module")
def envelopes():
    return list(generate(51, 700, defects=0.6))


def test_the_rate_is_kept_and_every_kind_is_planted(envelopes):
    planted = Counter(defect.kind for envelope in envelopes for defect in envelope.defects)
    assert set(planted) == {*DEFECT_KINDS, TRUNCATED.name}
    assert 0.5 < planted.total() / sum(envelope.visits for envelope in envelopes) < 0.7


def test_no_defects_unless_asked_for():
    assert not any(envelope.defects for envelope in generate(51, 200))


def test_a_defect_is_one_json_object():
    defect = next(defect for envelope in generate(52, 50, defects=1.0) for defect in envelope.defects)
    line = json.loads(json.dumps(defect.as_dict(), ensure_ascii=False))
    assert list(line) == ["file", "hoso", "ma_lk", "table", "row", "field", "rule", "value", "kind"]


def test_at_most_one_defect_in_a_claim(envelopes):
    for envelope in envelopes:
        places = [defect.hoso for defect in envelope.defects]
        assert places == sorted(set(places))
        assert all(
            1 <= place <= envelope.visits and defect.file == envelope.name
            for place, defect in zip(places, envelope.defects, strict=True)
        )


def test_the_mapper_reports_every_planted_defect_at_its_place(envelopes):
    missed = []
    for envelope in envelopes:
        reported = {(issue.hoso, issue.table, issue.row, issue.field, issue.rule) for issue in issues_of(envelope)}
        missed += [
            defect
            for defect in envelope.defects
            if (defect.hoso, defect.table, defect.row, defect.field, defect.rule) not in reported
        ]
    assert missed == []


def test_the_mapper_has_nothing_to_say_about_clean_claims():
    found = [issue for envelope in generate(53, 300) for issue in issues_of(envelope)]
    assert [issue for issue in found if issue.severity != "information"] == []
