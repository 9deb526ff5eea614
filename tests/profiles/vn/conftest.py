"""One validator over R4 and the national definitions for all tests of this folder."""

from __future__ import annotations

import pytest

from conformance.definitions import Definitions
from profiles.validation import Validator
from profiles.vn import Catalogue, catalogue
from terminology.membership import ValueSets
from terminology.names import Names


@pytest.fixture(scope="session")
def names() -> Names:
    return Names()


@pytest.fixture(scope="session")
def national(definitions: Definitions, names: Names) -> Catalogue:
    return catalogue(names, definitions)


@pytest.fixture(scope="session")
def national_validator(definitions: Definitions, national: Catalogue) -> Validator:
    return Validator(definitions, ValueSets(national), national.structures)
