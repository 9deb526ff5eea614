"""ETags, dates, preferences and languages of a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance import errors
from conformance.errors import BadRequest
from fhir_server.exchange.etag import NEVER, etag, http_date, is_unmodified, matched_version, names_version
from fhir_server.exchange.failures import REASONS, STATUS
from fhir_server.exchange.prefer import Prefer, parse_prefer, preferred_language
from fhir_server.exchange.request import Return


@given(st.integers(min_value=1, max_value=10**15))
def test_etag_is_read_back(version_id: int) -> None:
    assert matched_version("If-Match", etag(version_id)) == version_id
    assert names_version(f'W/"0", {etag(version_id)}', version_id)


def test_strong_and_foreign_tags() -> None:
    assert matched_version("If-Match", '"3"') == 3
    assert matched_version("If-Match", 'W/"abc"') == NEVER
    assert names_version("*", 5)
    assert not names_version('W/"4"', 5)


@pytest.mark.parametrize("text", ["3", 'W/3"', 'W/"1", W/"2"', ""])
def test_bad_tag_is_a_bad_request(text: str) -> None:
    with pytest.raises(BadRequest):
        matched_version("If-Match", text)


def test_dates_compare_in_whole_seconds() -> None:
    moment = 1_767_323_045_678_000
    assert http_date(moment) == b"Fri, 02 Jan 2026 03:04:05 GMT"
    assert is_unmodified("Fri, 02 Jan 2026 03:04:05 GMT", moment)
    assert not is_unmodified("Fri, 02 Jan 2026 03:04:04 GMT", moment)
    assert not is_unmodified("yesterday", moment)


def test_prefer() -> None:
    assert parse_prefer("return=minimal") == Prefer(Return.MINIMAL)
    assert parse_prefer('return="OperationOutcome"; handling=lenient') == Prefer(Return.OUTCOME, is_strict=False)
    assert parse_prefer("respond-async, wait=5") == Prefer(is_async=True)
    for bad in ("return=everything", "handling=loose"):
        with pytest.raises(BadRequest):
            parse_prefer(bad)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", ""),
        ("vi", "vi"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en;q=0.2, vi;q=0.7", "vi"),
        ("fr, en;q=0.5", "en"),
        ("fr", ""),
        ("vi;q=0, en", "en"),
        ("vi;q=x", ""),
    ],
)
def test_language(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_every_category_of_failure_has_a_status_with_a_reason() -> None:
    categories = {value for value in vars(errors).values() if isinstance(value, type)} - {errors.FhirError}
    assert {c for c in categories if issubclass(c, errors.FhirError)} == set(STATUS)
    assert set(STATUS.values()) <= set(REASONS)
