"""Exports of a service in memory and on SQLite, over a small hospital."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from export_asking import Exports, Ticks
from fhir_asking import NOW, SECOND, Asking

from fhir_server.repository import Repository
from fhir_server.store import open_store


@pytest.fixture(params=["memory", "sqlite"])
def exports(request: pytest.FixtureRequest, fhir: Asking, runner: asyncio.Runner, tmp_path: Path) -> Iterator[Exports]:
    if request.param == "sqlite":
        ticks = itertools.count(NOW, SECOND)
        store = runner.run(open_store(f"sqlite://{tmp_path}/store.sqlite", clock=lambda: next(ticks)))
        old = fhir.service.repository
        repository = Repository(store, old.indexer, old.definitions, cursor_key=b"test")
        fhir = Asking(replace(fhir.service, repository=repository), runner)
    yield Exports(fhir, tmp_path / "out", Ticks(NOW))
    if request.param == "sqlite":
        runner.run(store.close())


@pytest.fixture
def hospital(exports: Exports) -> Exports:
    """Four patients and what belongs to them, some of it changed and deleted."""
    put = exports.fhir.ask
    for number in range(4):
        patient = {"resourceType": "Patient", "id": f"p{number}", "active": number % 2 == 0}
        assert put("PUT", f"/Patient/p{number}", patient).status == 201
    put("PUT", "/Practitioner/d1", {"resourceType": "Practitioner", "id": "d1"})
    put("PUT", "/Practitioner/d2", {"resourceType": "Practitioner", "id": "d2"})
    for number in range(12):
        observation = {
            "resourceType": "Observation",
            "id": f"o{number}",
            "status": ("final", "preliminary")[number % 2],
            "code": {"coding": [{"system": "http://loinc.org", "code": f"{number % 3}"}], "text": "Xét nghiệm"},
            "subject": {"reference": f"Patient/p{number % 4}"},
            "performer": [{"reference": "Practitioner/d1"}],
        }
        assert put("PUT", f"/Observation/o{number}", observation).status == 201
    members = [{"entity": {"reference": f"Patient/p{n}"}, **({"inactive": True} if n == 2 else {})} for n in range(3)]
    group = {"resourceType": "Group", "id": "g1", "type": "person", "actual": True, "member": members}
    put("PUT", "/Group/g1", group)
    for number, (target, day) in enumerate((("o0", 1), ("o0", 3), ("o1", 2), ("o0", 2))):
        provenance = {
            "resourceType": "Provenance",
            "id": f"v{number}",
            "target": [{"reference": f"Observation/{target}"}],
            "recorded": f"2026-01-0{day}T00:00:00Z",
            "agent": [{"who": {"reference": "Practitioner/d2"}}],
        }
        assert put("PUT", f"/Provenance/v{number}", provenance).status == 201
    assert put("DELETE", "/Observation/o11").status in (200, 204)
    assert put("PUT", "/Patient/p3", {"resourceType": "Patient", "id": "p3", "active": True}).status == 200
    return exports
