"""One validator over the installed definitions for all tests of this floor: its check trees are compiled once."""

from __future__ import annotations

import pytest

from conformance.definitions import Definitions
from profiles.validation import Validator
from terminology.membership import ValueSets


@pytest.fixture(scope="session")
def value_sets(definitions: Definitions) -> ValueSets:
    return ValueSets(definitions)


@pytest.fixture(scope="session")
def validator(definitions: Definitions, value_sets: ValueSets) -> Validator:
    return Validator(definitions, value_sets)
