"""Ids of new resources."""

from __future__ import annotations

import uuid

from fhir_server.exchange.url import is_id
from fhir_server.rest.ids import NewIds


def test_ids_are_random_uuids() -> None:
    new_id = NewIds()
    made = [new_id() for _ in range(1000)]
    assert len(set(made)) == 1000
    for text in made:
        parsed = uuid.UUID(text)
        assert (str(parsed), parsed.version, parsed.variant) == (text, 4, uuid.RFC_4122)
        assert is_id(text)
