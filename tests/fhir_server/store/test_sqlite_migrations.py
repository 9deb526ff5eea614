"""A file of an older layout is brought up to date when it is opened."""

import apsw
import pytest

from fhir_server.store.sqlite import layout
from fhir_server.store.sqlite.names import Named, NameTable, NewNameError


def schema(db: apsw.Connection) -> list[tuple[object, ...]]:
    return list(db.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name"))


def test_a_file_of_the_first_layout_gets_the_tables_of_a_new_one_and_keeps_its_numbers(tmp_path, monkeypatch):
    old, new = layout.connect(tmp_path / "old"), layout.connect(tmp_path / "new")
    with monkeypatch.context() as first:
        first.setattr(layout, "MIGRATIONS", layout.MIGRATIONS[:1])
        layout.prepare(old, tmp_path / "old")
    with old:
        number = NameTable(old).intern(Named.SPAN, "Observation", "value-quantity", "mg")
        NameTable(old).intern(Named.STRING, "Patient", "name")
    layout.prepare(old, tmp_path / "old")
    layout.prepare(new, tmp_path / "new")
    assert schema(old) == schema(new)
    assert NameTable(old).with_key(Named.SPAN, ["Observation"], "value-quantity", "mg") == [number]
    assert NameTable(old).with_key(Named.STRING, ["Patient"], "name", "") == []


def test_keys_that_were_interned_together_are_found_under_each_and_only_a_transaction_gives_numbers(tmp_path):
    db = layout.connect(tmp_path / "file")
    layout.prepare(db, tmp_path / "file")
    names, again = NameTable(db), NameTable(db)
    with pytest.raises(NewNameError):
        names.intern_keys(Named.SPAN, "Observation", "value-quantity", ("", "mg"))
    with db:
        both = names.intern_keys(Named.SPAN, "Observation", "value-quantity", ("", "mg"))
        one = names.intern_keys(Named.SPAN, "Observation", "value-quantity", ("",))
    assert both != one
    assert again.intern_keys(Named.SPAN, "Observation", "value-quantity", ("", "mg")) == both
    assert sorted(names.with_key(Named.SPAN, ["Observation"], "value-quantity", "")) == sorted([both, one])
    assert names.with_key(Named.SPAN, ["Observation"], "value-quantity", "mg") == [both]
    assert names.with_key(Named.SPAN, ["Observation"], "value-quantity", "kg") == []
