"""The composed application: start, pages, stop, and a start that fails."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from fhir_server.app import Application, create_app
from fhir_server.settings import Settings


def application(store: str, folder: Path) -> Application:
    return create_app(Settings(store=store, installation=str(folder / "installation.json")))


async def ask(app: Application, path: str) -> tuple[int, bytes]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {"type": "http", "method": "GET", "scheme": "http", "path": path, "query_string": b"", "headers": []}
    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def live(app: Application) -> list[dict[str, Any]]:
    """What the application tells its server about start and stop."""
    told: list[dict[str, Any]] = []
    incoming = iter(("lifespan.startup", "lifespan.shutdown"))

    async def receive() -> dict[str, Any]:
        return {"type": next(incoming)}

    async def send(message: Any) -> None:
        told.append(dict(message))

    await app({"type": "lifespan"}, receive, send)
    return told


def test_life_of_the_application(tmp_path: Path) -> None:
    async def life() -> list[int]:
        app = application(f"sqlite:///{tmp_path}/store.sqlite", tmp_path)
        before = await ask(app, "/health")
        await app.start()
        during = [await ask(app, path) for path in ("/health", "/fhir/metadata", "/fhir", "/fhirside", "/nothing")]
        await app.stop()
        after = await ask(app, "/fhir/metadata")
        return [status for status, _ in (before, *during, after)]

    assert asyncio.run(life()) == [503, 200, 200, 200, 404, 404, 503]


def test_server_is_told_of_start_and_stop(tmp_path: Path) -> None:
    told = asyncio.run(live(application("memory:", tmp_path)))
    assert [message["type"] for message in told] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_server_is_told_why_it_cannot_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (told,) = asyncio.run(live(application("nothing://here", tmp_path)))
    assert told["type"] == "lifespan.startup.failed"
    assert "nothing://here" in told["message"]
    assert "cannot start" in caplog.text


def test_a_server_does_not_start_with_a_policy_that_it_could_not_keep(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(
        store="memory:",
        installation=str(tmp_path / "installation.json"),
        policy_profiles="Patient=https://example.org/StructureDefinition/none",
    )
    (told,) = asyncio.run(live(create_app(settings)))
    assert told["type"] == "lifespan.startup.failed"
    assert "https://example.org/StructureDefinition/none" in told["message"]
    assert "cannot start" in caplog.text
