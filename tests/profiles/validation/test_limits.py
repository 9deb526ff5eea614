"""Limits that extensions of an element's definition state."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from profiles.validation.profiled.items import Item
from profiles.validation.profiled.limits import limit_checks
from profiles.validation.profiled.specs import Profile, Spec
from profiles.validation.scope import Scope

CORE = "http://hl7.org/fhir/StructureDefinition/"
MUST = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.mustHaveValue"
PROFILE = Profile({"url": "https://x.vn/p", "type": "Patient", "snapshot": {"element": [{"path": "Patient"}]}})


@pytest.mark.parametrize(
    ("url", "stated", "value", "expected"),
    [
        (f"{CORE}regex", "[0-9]{12}", "012345678901", None),
        (f"{CORE}regex", "[0-9]{12}", "x012345678901", "VAL-2214"),
        (f"{CORE}regex", "(?=a)", "b", None),
        (f"{CORE}regex", "a", True, None),
        (f"{CORE}minLength", 3, "ab", "VAL-2210"),
        (f"{CORE}minLength", 2, "ab", None),
        (f"{CORE}maxSize", 3, "YW\nJj", None),
        (f"{CORE}maxSize", Decimal(2), "YWJj", "VAL-2821"),
        (f"{CORE}maxSize", 1, "YQ==", None),
        (f"{CORE}maxDecimalPlaces", 1, Decimal("1.25"), "VAL-2819"),
        (f"{CORE}maxDecimalPlaces", 1, Decimal("1.5"), None),
        (f"{CORE}maxDecimalPlaces", 1, 15, None),
        (MUST, True, None, "VAL-2211"),
        (MUST, False, None, None),
        (f"{CORE}regex", "a", None, None),
    ],
)
def test_limits(url: str, stated: Any, value: Any, expected: str | None) -> None:
    spec = Spec({"path": "Patient.a", "extension": [{"url": url, "valueX": stated}]}, "a", PROFILE)
    found = [finding for check in limit_checks(spec) for finding in check(Item(value, "string"), Scope({})) or ()]
    assert [finding.message.id for finding in found] == ([expected] if expected else [])
