"""Failures travel between processes."""

from __future__ import annotations

import pickle

import pytest

from conformance import messages
from conformance.errors import FhirError, Gone


@pytest.mark.parametrize("kind", FhirError.__subclasses__())
def test_a_failure_arrives_in_another_process_as_it_was(kind: type[FhirError]) -> None:
    sent = kind.of(messages.DEFINITIONS_ABSENT, "Patient.name", directory="here")
    found = pickle.loads(pickle.dumps(sent))  # noqa: S301 - our own
    assert type(found) is kind
    assert found.issues == sent.issues
    assert str(found) == str(sent) != ""


def test_a_deletion_arrives_with_its_version() -> None:
    found = pickle.loads(pickle.dumps(Gone.of(messages.DEFINITIONS_ABSENT, directory="here").since(3, 4)))  # noqa: S301 - our own
    assert (found.version_id, found.last_updated) == (3, 4)
