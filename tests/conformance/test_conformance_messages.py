"""The catalogue: permanent ids, both languages, the same parameters in each."""

from __future__ import annotations

import re
from string import Formatter

from conformance import messages
from conformance.issues import Message

CATALOGUE = [value for value in vars(messages).values() if isinstance(value, Message)]


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_ids_are_unique_and_in_range() -> None:
    ids = [message.id for message in CATALOGUE]
    assert len(set(ids)) == len(ids) > 30
    assert all(re.fullmatch(r"CNF-1[0-9]{3}", identifier) for identifier in ids)


def test_both_languages_say_the_same() -> None:
    for message in CATALOGUE:
        assert fields(message.en) == fields(message.vi), message.id
        assert message.en != message.vi
