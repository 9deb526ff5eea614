"""Imports into every other engine: by the same way, in a process of its own where several may write."""

from __future__ import annotations

from fhir_server.bulk.importing.order import Level


def test_an_import_into_another_engine_stores_each_line_once(other_imports):
    rows = [{"resourceType": "Patient", "id": f"p{number}", "active": True} for number in range(600)]
    path = other_imports.written("a.ndjson", *rows, b"{")
    for _ in range(2):
        job, state = other_imports.done(path, validation=Level.OFF)
        assert (state.counts[0].stored, state.refused, job.done) == (600, 1, 601)
    versions = other_imports.versions()
    assert {version.key.id for version in versions} == {row["id"] for row in rows}
    assert {version.version_id for version in versions} == {1}
