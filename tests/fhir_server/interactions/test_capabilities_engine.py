"""The CapabilityStatement tells which engine keeps the data, and what it promises."""

from __future__ import annotations

import json


def test_the_statement_names_the_engine_and_its_promises(fhir):
    [rest] = json.loads(fhir.ask("GET", "metadata").body)["rest"]
    assert rest["documentation"] == "Store engine: memory. Promises: atomic, snapshot."
