import apsw
import pytest

from fhir_server.store.protocol import Body
from fhir_server.store.sqlite.bodies import SAMPLES, Packer, Unpacker, payload
from fhir_server.store.sqlite.inserting import insert
from fhir_server.store.sqlite.layout import prepare

TYPE = 7


@pytest.fixture
def db(tmp_path):
    found = apsw.Connection(str(tmp_path / "s"))
    prepare(found, tmp_path / "s")
    yield found
    found.close()


@pytest.mark.parametrize("count", [1, 39, 40, 41, 200, 217])
def test_all_rows_are_inserted_in_their_order(db, count):
    rows = [(number, number * 2) for number in range(count)]
    insert(db, "INSERT OR IGNORE INTO ended", [*rows, *rows[:3]])
    assert db.execute("SELECT vid, at FROM ended ORDER BY rowid").fetchall() == rows


def body(number: int) -> Body:
    text = f'"note":"Khám sức khỏe định kỳ lần thứ {number}, kết luận: đủ sức khỏe {number * 7919}"'
    return Body(b'{"resourceType":"Patient","id":"%d","meta":{' % number, b"},%b}" % text.encode())


def packed(packer: Packer, numbers: range) -> list[int]:
    """The dictionaries that these bodies were packed with."""
    return [one.pack for one in packer.pack([payload(TYPE, body(number), {}) for number in numbers])]


def test_the_bodies_that_make_a_dictionary_are_packed_with_it(db):
    packer = Packer(db)
    assert packed(packer, range(SAMPLES[0] - 1)) == [0] * (SAMPLES[0] - 1)
    assert packed(packer, range(SAMPLES[0])) == [1] * SAMPLES[0]


def test_a_second_dictionary_is_made_of_later_bodies_and_is_the_last(db):
    packer = Packer(db)
    packed(packer, range(SAMPLES[0]))
    later = SAMPLES[1] * 10
    assert packed(packer, range(later - 1)) == [1] * (later - 1)
    assert packed(packer, range(1)) == [2]
    assert packed(packer, range(2 * later)) == [2] * (2 * later)


def test_of_two_packers_that_make_a_dictionary_at_once_the_first_is_taken_by_both(db):
    packers = [Packer(db), Packer(db)]
    for packer in packers:
        assert packed(packer, range(SAMPLES[0])) == [1] * SAMPLES[0]
    later = SAMPLES[1] * 10
    for packer in packers:
        assert packed(packer, range(later))[-1] == 2
    assert db.execute("SELECT count(*) FROM dictionary").get == 2


def test_a_packer_goes_on_where_another_was(db):
    packed(Packer(db), range(SAMPLES[0]))
    packer = Packer(db)
    assert packed(packer, range(SAMPLES[0])) == [1] * SAMPLES[0]
    [row] = packer.pack([payload(TYPE, body(5), {3: ("a", "a"), 4: ("a", "b")})])
    unpacker = Unpacker(db)
    assert unpacker.stamped(row, 1, 0) == body(5).stamped(1, 0)
    assert unpacker.sort_texts(row) == {3: ("a", "a"), 4: ("a", "b")}


def test_a_deletion_is_packed_as_nothing(db):
    packer = Packer(db)
    assert [tuple(one) for one in packer.pack([payload(TYPE, None, {})] * 300)] == [(0, 0, 0, b"")] * 300
    assert db.execute("SELECT count(*) FROM dictionary").get == 0
