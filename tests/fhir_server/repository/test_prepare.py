"""From a resource to the bytes, entries and digest that are stored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.json_codec import decode
from fhir_server.repository import prepare
from fhir_server.search import Indexer
from fhir_server.store.protocol import Expect, Key

STAMP = b'"versionId":"3","lastUpdated":"1970-01-01T00:00:01.000Z"'


def stamped(resource: dict[str, Any], indexer: Indexer) -> bytes:
    body = prepare(resource, indexer).body
    assert body is not None
    return body.stamped(3, 1_000_000)


def test_the_stamp_goes_where_meta_begins(indexer: Indexer) -> None:
    assert stamped({"resourceType": "Basic", "id": "b"}, indexer) == (
        b'{"resourceType":"Basic","id":"b","meta":{' + STAMP + b"}}"
    )
    full = {
        "meta": {"versionId": "9", "source": "urn:x", "lastUpdated": "x"},
        "active": True,
        "id": "p",
        "resourceType": "Patient",
    }
    assert stamped(full, indexer) == (
        b'{"resourceType":"Patient","id":"p","meta":{' + STAMP + b',"source":"urn:x"},"active":true}'
    )


def test_numbers_keep_their_digits(indexer: Indexer) -> None:
    resource = {"resourceType": "Observation", "id": "o", "valueQuantity": {"value": Decimal("20.50")}}
    assert b'{"value":20.50}' in stamped(resource, indexer)


def test_the_digest_is_of_the_content_without_the_stamp(indexer: Indexer) -> None:
    one = {"resourceType": "Patient", "id": "p", "meta": {"versionId": "1"}, "active": True}
    other = {"id": "p", "resourceType": "Patient", "meta": {"lastUpdated": "2020-01-01T00:00:00Z"}, "active": True}
    assert prepare(one, indexer) == prepare(other, indexer)
    assert prepare(one, indexer).digest != prepare({**one, "active": False}, indexer).digest


def test_labels_are_the_security_codings(indexer: Indexer) -> None:
    codings = [
        {"system": "urn:s", "code": "HIV"},
        {"code": "X"},
        {"system": "urn:s", "code": "HIV"},
        {"system": "urn:s"},
    ]
    write = prepare({"resourceType": "Patient", "id": "p", "meta": {"security": codings}}, indexer, expect=4)
    assert write.labels == ("urn:s|HIV", "|X")
    assert (write.key, write.expect) == (Key("Patient", "p"), 4)
    assert prepare({"resourceType": "Patient", "id": "p"}, indexer).expect == Expect.ANY


@pytest.mark.parametrize("resource", [{}, {"resourceType": "Patient"}, {"id": "p"}, {"resourceType": 5, "id": "p"}])
def test_a_resource_without_identity_is_not_prepared(indexer: Indexer, resource: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs resourceType and id"):
        prepare(resource, indexer)


@given(
    st.dictionaries(st.sampled_from(["source", "profile", "tag"]), st.just(["x"])),
    st.dictionaries(st.sampled_from(["active", "name", "language"]), st.text(max_size=3)),
)
def test_what_is_stored_is_what_was_given(indexer: Indexer, meta: dict[str, Any], content: dict[str, Any]) -> None:
    resource = {"resourceType": "Patient", "id": "p", "meta": meta, **content}
    found = decode(stamped(resource, indexer))
    assert found.pop("meta") == {**meta, "versionId": "3", "lastUpdated": "1970-01-01T00:00:01.000Z"}
    assert found == {key: value for key, value in resource.items() if key != "meta"}
