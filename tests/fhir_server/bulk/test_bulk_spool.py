from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from conformance.json_codec import decode, encode
from fhir_server.bulk.spool import Body, Spool


def union(a, b):
    return {**a, "n": sorted({*a["n"], *b["n"]})}


def body(type_, id_, mark):
    return Body(type_, id_, encode({"resourceType": type_, "id": id_, "mark": mark}))


def lines(spool):
    return [decode(line) for _, line in spool.lines()]


def test_each_resource_once_sorted_by_type_and_id(tmp_path):
    with closing(Spool(tmp_path, union)) as spool:
        spool.put("v1", "20250101", "d1", [body("Observation", "b", 1), body("Encounter", "e", 1)])
        spool.put("v2", "20250101", "d2", [body("Observation", "a", 2)])
        spool.merge(
            [{"resourceType": "Patient", "id": "p", "n": [2]}, {"resourceType": "Patient", "id": "p", "n": [1]}]
        )
        found = lines(spool)
    assert [(row["resourceType"], row["id"]) for row in found] == [
        ("Encounter", "e"),
        ("Observation", "a"),
        ("Observation", "b"),
        ("Patient", "p"),
    ]
    assert found[-1]["n"] == [1, 2]


def test_a_visit_sent_again_takes_the_place_of_the_first(tmp_path):
    with closing(Spool(tmp_path, union)) as spool:
        spool.put("v", "20250101", "d1", [body("Observation", "a", 1), body("Observation", "gone", 1)])
        spool.put("v", "20250102", "d2", [body("Observation", "a", 2)])
        assert spool.submitted("v") == ("20250102", "d2")
        assert spool.submitted("w") is None
        assert [(row["id"], row["mark"]) for row in lines(spool)] == [("a", 2)]


def test_nothing_stays_on_the_disk(tmp_path):
    with closing(Spool(tmp_path, union)) as spool:
        spool.put("v", "", "d", [body("Observation", str(n), n) for n in range(1000)])
        assert len(lines(spool)) == 1000
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.tuples(st.sampled_from("pqr"), st.integers(0, 9)), max_size=30))
def test_law_any_order_of_contributions_gives_the_same_lines(tmp_path_factory, contributions):
    folder = tmp_path_factory.getbasetemp()

    def merged(order, hot):
        with closing(Spool(folder, union, hot)) as spool:
            for id_, number in order:
                spool.merge([{"resourceType": "Patient", "id": id_, "n": [number]}])
            return lines(spool)

    assert merged(contributions, hot=1) == merged(reversed(contributions), hot=2)
