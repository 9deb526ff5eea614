"""What all tests share: the installed definitions and the official test material.

This folder is on the import path of the tests, so that ``strategies`` can be imported by all of them.
"""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

from conformance.definitions import Definitions, load

# A busy machine is no failure of a law; ``make soak`` looks at many more examples.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=5000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def definitions() -> Definitions:
    """The compiled R4 definitions; ``make setup`` installs them."""
    return load()


@pytest.fixture(scope="session")
def testdata() -> Path:
    """The folder of official test material: FHIR_TESTDATA, else ``shared/testdata`` beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "testdata"
    folder = Path(os.environ.get("FHIR_TESTDATA", beside))
    if not folder.is_dir():
        pytest.skip(f"official test material not found at {folder}: set FHIR_TESTDATA")
    return folder
